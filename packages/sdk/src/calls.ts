import type { AnyTRPCProcedure } from '@trpc/server'
import type { AppRouter } from './api.ts'

/** What a single call may be given besides its input. */
export interface CallOptions {
  /** Ends the call at once when it is aborted: it rejects with `ABORTED`, whose `cause` is the signal's reason. */
  signal?: AbortSignal
  /** `timeoutMs`: milliseconds for this call, in place of the client's own. */
  context?: { timeoutMs?: number; [name: string]: unknown }
}

/**
 * A client of the Tenon API. Its calls are named like the procedures and read as in every tRPC client.
 *
 * tRPC's own tools ask for tRPC's own client type: the React adapter for instance takes what `createClient` of
 * `@tenon/sdk/trpc` makes. It is the same client.
 *
 * @example
 * const user = await client.users.get.query({ id }, { signal })
 */
export type TenonClient = CallsOf<AppRouter['_def']['record']>

type CallsOf<Tree> = {
  [Name in keyof Tree]: Tree[Name] extends AnyTRPCProcedure ? CallOf<Tree[Name]['_def']> : CallsOf<Tree[Name]>
}

interface Definition {
  type: string
  $types: { input: unknown; output: unknown }
}

type CallOf<Def extends Definition> = Def['type'] extends 'query'
  ? { query: Call<Def['$types']> }
  : Def['type'] extends 'mutation'
    ? { mutate: Call<Def['$types']> }
    : never

type Call<Types extends Definition['$types']> = (
  input: Types['input'],
  options?: CallOptions,
) => Promise<Types['output']>
