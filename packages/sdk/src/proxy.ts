import { getUntypedClient, type TRPCClient } from '@trpc/client'
import { createTRPCFlatProxy, createTRPCRecursiveProxy } from '@trpc/server'
import type { AppRouter } from './api.ts'
import type { CallOptions } from './calls.ts'
import type { StreamOptions } from './streams.ts'

type Options = StreamOptions & Pick<CallOptions, 'context'>

export type Iterate = (path: string, input: unknown, options: StreamOptions) => unknown

/** tRPC's client, whose streams can also be iterated and tell their state. */
export function withStreams(client: TRPCClient<AppRouter>, iterate: Iterate): unknown {
  const calls = getUntypedClient(client)
  const procedures = createTRPCRecursiveProxy<Record<string, unknown>>(({ path, args }) => {
    const [input, options = {}] = args as [unknown, Options?]
    const procedure = path.slice(0, -1).join('.')
    const verb = path.at(-1)
    if (verb === 'query') return calls.query(procedure, input, options)
    if (verb === 'mutate') return calls.mutation(procedure, input, options)
    if (verb === 'subscribe') return calls.subscription(procedure, input, withState(options))
    if (verb === 'iterate') return iterate(procedure, input, options)
    throw new TypeError(`client.${path.join('.')} is no call: it ends in query, mutate, subscribe or iterate`)
  })
  // The adapters of tRPC look for its untyped client under a symbol.
  return createTRPCFlatProxy<Record<string, unknown>>((key) =>
    typeof key === 'symbol' ? Reflect.get(client, key) : procedures[key],
  )
}

/** The way to the link for what tRPC's client does not know of. */
function withState({ onStateChange, ...options }: Options): Options {
  return { ...options, context: { ...options.context, onStateChange } }
}
