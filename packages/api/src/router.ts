import type { TRPCBuiltRouter } from '@trpc/server'
import { declareErrors } from './declared-errors.ts'
import type { ErrorShape } from './error-shape.ts'
import { audiences, features, jobs, personalData, procedureErrors, reactions } from './features/index.ts'
import { declareJobs } from './jobs/declared.ts'
import { declareAudiences } from './live/audiences.ts'
import { declarePersonalData } from './personal-data.ts'
import { declareReactions } from './reactions.ts'
import { router } from './trpc.ts'

declareErrors(procedureErrors)
declarePersonalData(personalData)
declareReactions(reactions)
declareJobs(jobs)
declareAudiences(audiences)

/** The running router. Clients know it by its type alone, `AppRouter`. */
export const appRouter = router(features)

/** What a client may know of the root: no context, no metadata, plain JSON, and the shape of an error. */
interface PublicRoot {
  ctx: object
  meta: object
  errorShape: ErrorShape
  transformer: true
}

type AppRecord = typeof features

/** The type that frontends import. It names no server type, so that it stays cheap and nothing leaks. */
export type AppRouter = TRPCBuiltRouter<PublicRoot, Pick<AppRecord, keyof AppRecord>>

export type ProcedureErrors = typeof procedureErrors

// The build fails here when the router that runs is no longer the one that AppRouter promises.
type Built = (typeof appRouter)['_def']
type Guard<Holds extends true> = Holds
/** Exactly the same; `any` is the same as nothing else. */
export type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false
export type RootIsAsPromised = Guard<
  Same<Built['_config']['$types']['transformer'], PublicRoot['transformer']>
>
export type ErrorsAreAsPromised = Guard<
  Same<Built['_config']['$types']['errorShape'], PublicRoot['errorShape']>
>
export type FeaturesAreAsPromised = Guard<Same<keyof Built['record'], keyof AppRecord>>
