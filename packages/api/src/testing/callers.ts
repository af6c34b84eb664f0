import type { IncomingRequest } from '../context.ts'
import { inTransaction } from '../db.ts'
import { startSession } from '../features/auth/sessions.ts'
import { newId } from '../ids.ts'
import { plainRequest, type Person, type TestApi } from './index.ts'

/** A name that nobody has yet. */
export const freshName = (name: string) => `${name}_${newId().slice(-12)}`

const bearer = (token: string) => ({ authorization: `Bearer ${token}` })

const stranger = (name: string, options?: Parameters<TestApi['person']>[1]) => async (api: TestApi) =>
  bearer((await api.person(freshName(name), options)).token)

const startedSession = (api: TestApi, { user }: Person) =>
  inTransaction(api.db, (trx) => startSession(trx, user.id, plainRequest()))

async function revokedToken(api: TestApi, ada: Person): Promise<string> {
  const { token, record } = await startedSession(api, ada)
  await ada.calls.auth.sessions.revoke({ id: record.id })
  return token
}

async function suspendedToken(api: TestApi): Promise<string> {
  const { user, token } = await api.person(freshName('sam'))
  await api.db.updateTable('users').set({ suspendedAt: new Date() }).where('id', '=', user.id).execute()
  return token
}

async function staleToken(api: TestApi, ada: Person): Promise<string> {
  const { token, record } = await startedSession(api, ada)
  const authenticatedAt = new Date(Date.now() - 10 * 60_000)
  await api.db.updateTable('sessions').set({ authenticatedAt }).where('id', '=', record.id).execute()
  return token
}

/** What a request of each kind of caller brings. The objects in question are ada's. */
export const callers = {
  nobody: async () => ({}),
  'a revoked cookie': async (api, ada) => ({
    cookie: `__Host-tenon_session=${await revokedToken(api, ada)}`,
  }),
  'a revoked session': async (api, ada) => bearer(await revokedToken(api, ada)),
  'suspended sam': async (api) => bearer(await suspendedToken(api)),
  ada: async (_, { token }) => bearer(token),
  'ada by cookie': async (_, { token }) => ({ cookie: `__Host-tenon_session=${token}` }),
  'ada, not recently': async (api, ada) => bearer(await staleToken(api, ada)),
  "ada's access token": async (_, { calls }) => bearer((await calls.auth.accessToken()).accessToken),
  'another user': stranger('bob'),
  'unverified ines': stranger('ines', { isVerified: false }),
  'a moderator': stranger('mo', { role: 'moderator' }),
  'an admin': stranger('root', { role: 'admin' }),
  'an admin, not recently': async (api) =>
    bearer(await staleToken(api, await api.person(freshName('root'), { role: 'admin' }))),
  "an admin's access token": async (api) => {
    const { calls } = await api.person(freshName('root'), { role: 'admin' })
    return bearer((await calls.auth.accessToken()).accessToken)
  },
} satisfies Record<string, (api: TestApi, ada: Person) => Promise<Partial<IncomingRequest>>>

export type CallerKind = keyof typeof callers
