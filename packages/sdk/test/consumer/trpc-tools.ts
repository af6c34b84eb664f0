import { createTRPCClient, httpBatchLink } from '@trpc/client'
import { transformer, type AppRouter } from '@tenon/sdk'
import { createClient } from '@tenon/sdk/trpc'

// For those who bring tRPC's own tools. The types of @trpc/client need skipLibCheck where there is no Node.
export const client = createClient({ url: 'https://tenon.example' })
export const bare: typeof client = createTRPCClient<AppRouter>({
  links: [httpBatchLink({ url: 'https://tenon.example/trpc', transformer })],
})
export const name = async (): Promise<string | null> => (await client.users.me.query()).name
export const { unsubscribe } = client.live.stream.subscribe(
  { topics: ['security'] },
  { onData: ({ id, data }) => `${id} ${data.kind}`, onConnectionStateChange: ({ state }) => state },
)
// @ts-expect-error a procedure that does not exist
void client.users.promote.mutate({})
