import type { AnyTRPCRouter } from '@trpc/server'
import { appRouter } from '../../api/src/router.ts'

interface Declared {
  _def: { meta?: { idempotent?: boolean } }
}

const router: AnyTRPCRouter = appRouter
const procedures: [string, Declared][] = Object.entries(router._def.procedures)

/** The mutations that the server does once for each key. The build puts their names in the place of this file. */
export const idempotentProcedures: readonly string[] = procedures
  .filter(([, { _def }]) => _def.meta?.idempotent)
  .map(([name]) => name)
