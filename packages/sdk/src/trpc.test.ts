import { MutationObserver, QueryClient } from '@tanstack/react-query'
import { createTRPCClient, getUntypedClient, httpBatchLink } from '@trpc/client'
import { createTRPCOptionsProxy } from '@trpc/tanstack-react-query'
import { expect, test, vi } from 'vitest'
import { isApiError, transformer, type AppRouter } from './index.ts'
import { eventOf, startEventServer, until } from './testing/event-server.ts'
import { rejection } from './testing/rejection.ts'
import { answer, echo, refused, startServer } from './testing/test-server.ts'
import { createClient } from './trpc.ts'

const user = { email: 'ada@example.com', username: 'ada', password: 'Correct7Horse' }

test("tRPC's React adapter takes the client as it is, and its queries reject with ApiErrors", async () => {
  const { url } = await startServer((request, response) =>
    request.paths[0] === 'users.me'
      ? echo(request, response)
      : answer(response, 404, refused(404, 'NOT_FOUND')),
  )
  const queryClient = new QueryClient({ defaultOptions: { queries: { retry: false } } })
  const trpc = createTRPCOptionsProxy<AppRouter>({ client: createClient({ url }), queryClient })
  expect(await queryClient.fetchQuery(trpc.users.me.queryOptions())).toEqual({ path: 'users.me' })
  const missing = queryClient.fetchQuery(trpc.auth.session.queryOptions())
  expect(await rejection(missing)).toMatchObject({ code: 'NOT_FOUND', status: 404 })
})

test('the error that a mutation of the adapter holds narrows to what the procedure declares', async () => {
  const { url } = await startServer((_request, response) =>
    answer(response, 409, refused(409, 'EMAIL_TAKEN', { field: 'email' })),
  )
  const queryClient = new QueryClient()
  const trpc = createTRPCOptionsProxy<AppRouter>({ client: createClient({ url }), queryClient })
  const mutation = new MutationObserver(queryClient, trpc.users.create.mutationOptions())
  await rejection(mutation.mutate(user))
  const { error } = mutation.getCurrentResult()
  const field = isApiError(error, 'users.create') && error.code === 'EMAIL_TAKEN' && error.details.field
  expect(field).toBe('email')
})

test('the adapter takes streams, too', async () => {
  const { url, open } = await startEventServer(({ send }) => send(1))
  const queryClient = new QueryClient()
  const trpc = createTRPCOptionsProxy<AppRouter>({ client: createClient({ url }), queryClient })
  const onData = vi.fn()
  const options = trpc.live.stream.subscriptionOptions({ topics: ['notifications'] }, { onData })
  const { unsubscribe } = options.subscribe(options)
  await until(() => onData.mock.calls.length === 1)
  unsubscribe()
  expect(onData).toHaveBeenCalledWith({ id: '1-1', data: eventOf(1) })
  await until(() => open.size === 0)
})

test("what a tool lays over tRPC's untyped client holds for calls by name, too", async () => {
  const { url } = await startServer(echo)
  const client = createClient({ url })
  const calls = getUntypedClient(client)
  const mutate = calls.mutation.bind(calls)
  calls.mutation = async (...call) => ({ laidOver: await mutate(...call) })
  expect(await client.auth.signOut.mutate()).toEqual({ laidOver: { path: 'auth.signOut' } })
})

test('bare @trpc/client needs the transformer for its types, and it changes nothing', async () => {
  const { url } = await startServer((request, response) => echo(request, response))
  const links = [httpBatchLink({ url: `${url}/trpc`, transformer })]
  const bare = createTRPCClient<AppRouter>({ links })
  expect(await bare.users.me.query()).toEqual({ path: 'users.me' })
  // @ts-expect-error without it the call would not be typed as it is
  expect(() => httpBatchLink<AppRouter>({ url })).not.toThrow()
})
