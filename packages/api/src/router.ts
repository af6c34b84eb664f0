import type { TRPCBuiltRouter } from '@trpc/server'
import { declareErrors } from './declared-errors.ts'
import type { ErrorData } from './error-codes.ts'
import { features, procedureErrors } from './features/index.ts'
import { router } from './trpc.ts'

declareErrors(procedureErrors)

/** The running router. Clients know it by its type alone, `AppRouter`. */
export const appRouter = router(features)

/** What a client may know of the root: no context, no metadata, plain JSON, and the shape of an error. */
interface PublicRoot {
  ctx: object
  meta: object
  errorShape: { code: number; message: string; data: ErrorData }
  transformer: true
}

type AppRecord = typeof features

/** The type that frontends import. It names no server type, so that it stays cheap and nothing leaks. */
export type AppRouter = TRPCBuiltRouter<PublicRoot, Pick<AppRecord, keyof AppRecord>>

export type ProcedureErrors = typeof procedureErrors

// The build fails here when the router that runs is no longer the one that AppRouter promises.
type Built = (typeof appRouter)['_def']
type Guard<Holds extends true> = Holds
type Same<A, B> = [A, B] extends [B, A] ? true : false
export type RootIsAsPromised = Guard<
  Same<Built['_config']['$types']['transformer'], PublicRoot['transformer']>
>
export type ErrorsAreAsPromised = Guard<Same<Built['_config']['$types']['errorShape']['data'], ErrorData>>
export type FeaturesAreAsPromised = Guard<Same<keyof Built['record'], keyof AppRecord>>
