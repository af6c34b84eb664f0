import { randomUUID } from 'node:crypto'
import { password, retryingJob, type Person, type TestApi } from '@tenon/api/testing'
import { createDrafts, type Drafts } from './post-rows.ts'
import { bearer } from './requests.ts'

export const sessionCookie = (token: string) => `__Host-tenon_session=${token}`

/** People of every standing, and things of `owner` that are nobody else's. */
export interface Cast extends Drafts {
  owner: Person
  other: Person
  moderator: Person
  admin: Person
  unverified: Person
  /** Gave their password 11 minutes ago. */
  stale: Person
  staleAdmin: Person
  /** Their session is still in the database. */
  suspended: Person
  /** On whom the staff acts. */
  target: Person
  revokedToken: string
  /** Of `other`. */
  accessToken: string
  /** Not the one that `owner` calls with. */
  sessionId: string
  /** Of `owner`. */
  notificationId: string
  /** That waits for its second attempt. */
  jobId: string
  /** That nobody has yet. */
  newName: () => string
}

export async function createCast(api: TestApi): Promise<Cast> {
  const suffix = randomUUID().slice(-10)
  const person = (name: string, options?: Parameters<TestApi['person']>[1]) =>
    api.person(`${name}_${suffix}`, options)
  const owner = await person('ada')
  const other = await person('bob')
  const stale = await person('stan')
  const suspended = await person('sue')
  const staleAdmin = await person('stella', { role: 'admin' })
  for (const each of [stale, staleAdmin]) await ageSession(api, each)
  await markSuspended(api, suspended)
  let names = 0
  return {
    owner,
    other,
    moderator: await person('mona', { role: 'moderator' }),
    admin: await person('alan', { role: 'admin' }),
    unverified: await person('ines', { isVerified: false }),
    stale,
    staleAdmin,
    suspended,
    target: await person('tom'),
    revokedToken: await revokedTokenOf(api, owner),
    accessToken: (await other.calls.auth.accessToken()).accessToken,
    sessionId: (await signInAgain(api, owner)).session.id,
    notificationId: await notificationOf(api, owner),
    jobId: await retryingJob(api.db),
    ...(await createDrafts(owner)),
    newName: () => `n${++names}_${suffix}`,
  }
}

/** By hand, so that no job need run. */
async function notificationOf({ db }: TestApi, { user }: Person): Promise<string> {
  const id = randomUUID()
  const data = { messageId: id, subject: 'We move', message: 'On Sunday.' }
  const shown = {
    kind: 'admin.message',
    source: id,
    data: JSON.stringify(data),
    inApp: true,
    inDigest: false,
  }
  await db
    .insertInto('notifications')
    .values({ id, userId: user.id, actorId: null, ...shown })
    .execute()
  return id
}

const signInAgain = ({ nobody }: TestApi, { email }: Person) =>
  nobody.auth.signIn({ email, password, tokenInBody: true })

async function ageSession({ db }: TestApi, { user }: Person): Promise<void> {
  const authenticatedAt = new Date(Date.now() - 11 * 60_000)
  await db.updateTable('sessions').set({ authenticatedAt }).where('userId', '=', user.id).execute()
}

/** By hand, as the staff's way ends their sessions, too. */
async function markSuspended({ db }: TestApi, { user }: Person): Promise<void> {
  await db.updateTable('users').set({ suspendedAt: new Date() }).where('id', '=', user.id).execute()
}

async function revokedTokenOf(api: TestApi, person: Person): Promise<string> {
  const { token = '', session } = await signInAgain(api, person)
  await person.calls.auth.sessions.revoke({ id: session.id })
  return token
}

/** Who calls, by the headers that they send; whoever could use something up comes last. */
export const callers = {
  nobody: () => ({}),
  'a revoked session': ({ revokedToken }: Cast) => bearer(revokedToken),
  'the token of somebody suspended': ({ suspended }: Cast) => bearer(suspended.token),
  'the cookie of somebody suspended': ({ suspended }: Cast) => ({ cookie: sessionCookie(suspended.token) }),
  'an access token': ({ accessToken }: Cast) => bearer(accessToken),
  'somebody unverified': ({ unverified }: Cast) => bearer(unverified.token),
  'an older sign-in': ({ stale }: Cast) => bearer(stale.token),
  'an older sign-in of an admin': ({ staleAdmin }: Cast) => bearer(staleAdmin.token),
  'another person': ({ other }: Cast) => bearer(other.token),
  'a moderator': ({ moderator }: Cast) => bearer(moderator.token),
  'an admin': ({ admin }: Cast) => bearer(admin.token),
  'the owner': ({ owner }: Cast) => bearer(owner.token),
} satisfies Record<string, (cast: Cast) => Record<string, string>>

export type CallerName = keyof typeof callers

export const callerNames = Object.keys(callers) as CallerName[]
