import { createClient } from '@tenon/sdk'

// What a client makes of a connection that is lost: nothing is done twice, nothing is missed. Prints what came of it.
const url = process.argv[2]
const guest = createClient({ url })
const account = { email: 'bob@example.com', username: 'bob', password: 'Correct7Horse' }

/** What each attempt to register brought along. */
const keys = []

/** The first answer is lost, after the server has done what it was asked. */
async function lossy(to, init) {
  const response = await fetch(to, init)
  if (keys.push(new Headers(init.headers).get('idempotency-key')) > 1) return response
  await response.body?.cancel()
  throw new TypeError('the connection was cut')
}

const user = await createClient({ url, fetch: lossy }).users.create.mutate(account)
const { token } = await guest.auth.signIn.mutate({
  email: account.email,
  password: account.password,
  tokenInBody: true,
})

let stream = new AbortController()
const cuttable = (to, init) =>
  fetch(to, { ...init, signal: AbortSignal.any([init.signal, stream.signal].filter(Boolean)) })
const bob = createClient({ url, token: async () => token, fetch: cuttable })

const keyed = { context: { idempotencyKey: crypto.randomUUID() } }
const [first, again] = [
  await bob.users.update.mutate({ name: 'Bob' }, keyed),
  await bob.users.update.mutate({ name: 'Bob' }, keyed),
]
const mismatch = await bob.users.update
  .mutate({ name: 'Robert' }, keyed)
  .catch(({ code, status }) => `${status} ${code}`)

const confirm = () => bob.auth.reauthenticate.mutate({ password: account.password })
const states = []
const isLive = Promise.withResolvers()
const events = bob.live.stream.iterate(
  { topics: ['security'] },
  {
    onStateChange(state, error) {
      states.push(error ? `${state}: ${error.code}` : state)
      if (state === 'live') isLive.resolve()
    },
  },
)
const next = events.next()
await isLive.promise
await confirm()
const heard = (await next).value
stream.abort()
stream = new AbortController()
await confirm()
const afterwards = (await events.next()).value
await bob.auth.signOut.mutate()
const farewell = (await events.next()).value
const end = await events.next().catch(({ name, code }) => `${name} ${code}`)

console.log(
  JSON.stringify({
    username: user.username,
    attempts: keys.length,
    keys: new Set(keys).size,
    isReplayed: first.updatedAt === again.updatedAt,
    mismatch,
    kinds: [heard, afterwards, farewell].map(({ data }) => `${data.topic} ${data.kind}`),
    isNewer: afterwards.id !== heard.id,
    states,
    end,
  }),
)
