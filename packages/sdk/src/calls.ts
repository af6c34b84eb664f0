import type { AnyTRPCProcedure } from '@trpc/server'
import type { AppRouter } from './api.ts'
import type { StreamOptions, SubscribeOptions, Subscription } from './streams.ts'

/** What a single call may be given besides its input. */
export interface CallOptions {
  /** Ends the call at once when it is aborted: it rejects with `ABORTED`, whose `cause` is the signal's reason. */
  signal?: AbortSignal
  /**
   * - `timeoutMs`: milliseconds for this call, in place of the client's own.
   * - `idempotencyKey`: for a mutation that the server does once for each key. Without one the SDK makes one up for each
   *   call. State your own where the same thing may be asked for by several calls, and keep it until one of them has
   *   been answered: a UUID, for example.
   */
  context?: { timeoutMs?: number; idempotencyKey?: string; [name: string]: unknown }
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
    : Def['type'] extends 'subscription'
      ? StreamOf<Def['$types']['input'], EventOf<Def['$types']['output']>>
      : never

type Call<Types extends Definition['$types']> = (
  input: Types['input'],
  options?: CallOptions,
) => Promise<Types['output']>

interface StreamOf<Input, Event> {
  /**
   * Calls back with each event from now on, or from after `lastEventId`. It reconnects by itself; nothing is missed or
   * repeated.
   *
   * @example
   * const { unsubscribe } = client.live.stream.subscribe({ topics: ['notifications'] }, { onData: ({ data }) => show(data) })
   */
  subscribe(input: Input, options: SubscribeOptions<Event>): Subscription
  /**
   * The same, one event at a time: the next is read when it is asked for, so that who is slow makes the server wait and
   * no memory fill up. Nothing is sent before the first is asked for; leaving the loop ends the stream.
   *
   * @throws ApiError when the stream is refused or `token` throws. Lost connections are not thrown.
   * @example
   * for await (const { id, data } of client.live.stream.iterate({ topics: ['notifications'] })) await keep(id, data)
   */
  iterate(input: Input, options?: StreamOptions): AsyncIterableIterator<Event>
}

type EventOf<Output> = Output extends AsyncIterable<infer Event> ? Event : never
