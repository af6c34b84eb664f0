import { ApiError, createClient, isApiError } from '@tenon/sdk'

// Calls a real server as a frontend would, and prints what came of it. The sign-in token comes by the first client.
const url = process.argv[2]
const guest = createClient({ url })
const account = { email: 'ada@example.com', username: 'ada', password: 'Correct7Horse', name: 'Ada' }

const refusal = async (call, procedure = 'users.create') => {
  const error = await call.then(
    () => undefined,
    (thrown) => thrown,
  )
  if (!(error instanceof ApiError)) throw error ?? new Error('it was not refused')
  const { code, status, details, requestId } = error
  return {
    code,
    status,
    details,
    hasRequestId: requestId.length > 8,
    isForeseen: isApiError(error, procedure),
  }
}

const user = await guest.users.create.mutate(account)
const { token } = await guest.auth.signIn.mutate({ ...credentials(account), tokenInBody: true })
const ada = createClient({ url, token: async () => token })

const [me, many, mixed] = [
  await ada.users.me.query(),
  await Promise.all(Array.from({ length: 21 }, () => guest.users.get.query({ id: user.id }))),
  await Promise.allSettled([guest.users.get.query({ id: user.id }), guest.users.me.query()]),
]

const told = {
  user: { ...user, id: typeof user.id, createdAt: typeof user.createdAt, updatedAt: typeof user.updatedAt },
  me: me.username,
  many: new Set(many.map(({ username }) => username)).size,
  mixed: mixed.map(({ status, reason }) => reason?.code ?? status),
  taken: await refusal(guest.users.create.mutate(account)),
  invalid: await refusal(guest.users.create.mutate({ ...account, email: 'nobody' })),
  missing: await refusal(guest.users.get.query({ id: '0198c5f2-6a52-7c3e-9d0a-3b1f6c2e8a44' })),
  badToken: await refusal(createClient({ url, token: 'made up' }).users.me.query()),
  tooLarge: await refusal(guest.auth.email.verify.mutate({ token: 'x'.repeat(2 ** 21) })),
  tooLong: await refusal(guest.users.search.query({ q: 'x'.repeat(30_000) })),
  headersTooLarge: await refusal(
    createClient({ url, headers: { 'x-large': 'x'.repeat(30_000) } }).users.me.query(),
  ),
  elsewhere: await refusal(createClient({ url: `${url}/elsewhere` }).users.me.query()),
  forbidden: await refusal(ada.admin.users.list.query({}), 'admin.users.list'),
  wrongPassword: await refusal(
    ada.auth.reauthenticate.mutate({ password: 'Wrong7Horse' }),
    'auth.reauthenticate',
  ),
  madeUpToken: await refusal(guest.users.downloadExport.mutate({ token: 'made up' }), 'users.downloadExport'),
  recentUntil: typeof (await ada.auth.reauthenticate.mutate({ password: account.password })).recentUntil,
  events: (await ada.auth.events.query({})).items.map(({ action, result }) => `${action} ${result}`),
  signedOut: await ada.auth.signOut.mutate(),
  afterwards: await refusal(ada.users.me.query()),
}
console.log(JSON.stringify(told))

function credentials({ email, password }) {
  return { email, password }
}
