import type { AnyTRPCProcedure, AnyTRPCRouter } from '@trpc/server'
import type { Meta } from '../meta.ts'
import { appRouter } from '../router.ts'
import type { Caller } from './index.ts'

export interface ProcedureEntry {
  path: string
  meta: Meta
  input: unknown
}

/** Every procedure of the router, by its path. */
export function allProcedures(router: AnyTRPCRouter = appRouter): ProcedureEntry[] {
  const procedures: [string, AnyTRPCProcedure][] = Object.entries(router._def.procedures)
  return procedures.map(([path, { _def }]) => {
    const { meta, inputs } = _def as unknown as { meta: Meta; inputs: unknown[] }
    return { path, meta, input: inputs[0] }
  })
}

/** Calls a procedure that is known by its path alone. */
export function callByPath(caller: Caller, path: string, input: unknown): Promise<unknown> {
  const call = path
    .split('.')
    .reduce<unknown>((node, name) => (node as Record<string, unknown>)[name], caller)
  return (call as (input: unknown) => Promise<unknown>)(input)
}
