import { sql } from 'kysely'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { dumpOf, holds } from '../../testing/dump.ts'
import { createTestApi, type Person, type TestApi } from '../../testing/index.ts'
import { refusalOf } from '../../testing/refusal.ts'
import { mailLink, sweepCredentials } from './jobs.ts'

let api: TestApi

beforeAll(async () => {
  api = await createTestApi()
})

afterAll(() => api.stop())

const newPassword = 'Another7Horse'
const run = { id: '1', attempt: 1, signal: new AbortController().signal }

/** The kinds of mailed token that are rows of one table: how each is asked for and used, and where it goes. */
const kinds = {
  verify: {
    request: ({ calls }: Person) => calls.auth.email.resend(),
    redeem: (token: string) => api.nobody.auth.email.verify({ token }),
    addressOf: ({ email }: Person) => email,
  },
  reset: {
    request: ({ email }: Person) => api.nobody.auth.password.requestReset({ email }),
    redeem: (token: string) => api.nobody.auth.password.reset({ token, password: newPassword }),
    addressOf: ({ email }: Person) => email,
  },
  change: {
    request: ({ calls, user }: Person) =>
      calls.auth.email.change({ email: `new_${user.username}@example.com` }),
    redeem: (token: string) => api.nobody.auth.email.confirmChange({ token }),
    addressOf: ({ user }: Person) => `new_${user.username}@example.com`,
  },
}

const each = it.each(['verify', 'reset', 'change'] as const)

async function mailedToken(kind: keyof typeof kinds, person: Person) {
  await kinds[kind].request(person)
  await api.drainJobs()
  return tokenMailed(kind, person)
}

const tokenMailed = (kind: keyof typeof kinds, person: Person) =>
  api.mailbox.tokenFor(kinds[kind].addressOf(person))

const mailsOf = (kind: keyof typeof kinds, person: Person) => api.mailbox.to(kinds[kind].addressOf(person))

/** As if they had left this long ago. */
const leave = ({ user }: Person, days: number) =>
  sql`update users set deleted_at = now() - make_interval(days => ${days}) where id = ${user.id}`.execute(
    api.db,
  )

const unverified = (name: string) => api.person(name, { isVerified: false })

const invalid = { code: 'TOKEN_INVALID', status: 400, message: 'This link is no longer valid.', details: {} }

each('%s: a token works once', async (kind) => {
  const ada = await unverified(`ada_${kind}`)
  const token = await mailedToken(kind, ada)
  expect(await kinds[kind].redeem(token)).toBeNull()
  expect(await refusalOf(kinds[kind].redeem(token))).toEqual(invalid)
})

each('%s: an older token dies when a new one is issued', async (kind) => {
  const carol = await unverified(`carol_${kind}`)
  const older = await mailedToken(kind, carol)
  const newer = await mailedToken(kind, carol)
  expect(await refusalOf(kinds[kind].redeem(older))).toEqual(invalid)
  expect(await kinds[kind].redeem(newer)).toBeNull()
})

each('%s: of two requests at once one mail goes out, and its link works', async (kind) => {
  const cora = await unverified(`cora_${kind}`)
  await Promise.all([kinds[kind].request(cora), kinds[kind].request(cora)])
  await api.drainJobs()
  expect(mailsOf(kind, cora)).toHaveLength(1)
  expect(await kinds[kind].redeem(tokenMailed(kind, cora))).toBeNull()
})

each('%s: a token of somebody who can come back no more is like an unknown one', async (kind) => {
  const fay = await unverified(`fay_${kind}`)
  const token = await mailedToken(kind, fay)
  await leave(fay, 8)
  expect(await refusalOf(kinds[kind].redeem(token))).toEqual(invalid)
})

each('%s: who left less than 7 days ago can still use a token', async (kind) => {
  const flo = await unverified(`flo_${kind}`)
  const token = await mailedToken(kind, flo)
  await leave(flo, 6)
  expect(await kinds[kind].redeem(token)).toBeNull()
})

it('a link to set a new password, asked for within 7 days of leaving, leads back into the account', async () => {
  const finn = await api.person('finn')
  await finn.calls.users.delete()
  const token = await mailedToken('reset', finn)
  expect(await kinds.reset.redeem(token)).toBeNull()
  const signIn = () => api.nobody.auth.signIn({ email: finn.email, password: newPassword, tokenInBody: true })
  expect(await signIn()).toMatchObject({ user: { username: 'finn' } })
})

it('who left more than 7 days ago is mailed nothing', async () => {
  const fred = await api.person('fred')
  await leave(fred, 8)
  await kinds.reset.request(fred)
  await api.drainJobs()
  expect(api.mailbox.to(fred.email)).toEqual([])
})

it.each([
  ['verify', 'reset'],
  ['verify', 'change'],
  ['reset', 'verify'],
  ['reset', 'change'],
  ['change', 'verify'],
  ['change', 'reset'],
] as const)('a %s token is no %s token, and is not spent by the attempt', async (kind, other) => {
  const gail = await unverified(`gail_${kind}_${other}`)
  const token = await mailedToken(kind, gail)
  expect(await refusalOf(kinds[other].redeem(token))).toEqual(invalid)
  expect(await kinds[kind].redeem(token)).toBeNull()
})

it.each([
  ['verify', 24 * 60],
  ['reset', 15],
  ['change', 24 * 60],
] as const)('a %s token holds for %d minutes', async (kind, minutes) => {
  const hana = await unverified(`hana_${kind}`)
  await kinds[kind].request(hana)
  const { expiresAt } = await api.db
    .selectFrom('mailTokens')
    .select('expiresAt')
    .where('userId', '=', hana.user.id)
    .executeTakeFirstOrThrow()
  expect((expiresAt.getTime() - Date.now()) / 60_000).toBeCloseTo(minutes, 0)
})

each('%s: a dump holds no token, whether the mail waits or was sent', async (kind) => {
  const iris = await unverified(`iris_${kind}`)
  await kinds[kind].request(iris)
  const waiting = await dumpOf(api.db)
  expect(waiting).toContain('tokenId')
  await api.drainJobs()
  const token = tokenMailed(kind, iris)
  expect(holds(waiting, token)).toBe(false)
  expect(holds(await dumpOf(api.db), token)).toBe(false)
})

each('%s: a mail that is sent twice carries the same link', async (kind) => {
  const june = await unverified(`june_${kind}`)
  await kinds[kind].request(june)
  const { payload } = (await api.waitingJobs()).at(-1)!
  await mailLink.run(api.deps, payload as { tokenId: string }, run)
  await mailLink.run(api.deps, payload as { tokenId: string }, run)
  const [first, second] = mailsOf(kind, june)
  expect(second).toEqual(first)
  await api.drainJobs()
})

each('%s: a link works that was asked for before APP_SECRET was rotated and mailed after', async (kind) => {
  const kira = await unverified(`kira_${kind}`)
  await kinds[kind].request(kira)
  await withSecrets(['a new secret', 'a secret for tests'], () => api.drainJobs())
  expect(await kinds[kind].redeem(tokenMailed(kind, kira))).toBeNull()
})

it('a link whose APP_SECRET is gone is a recorded permanent failure', async () => {
  const lou = await unverified('lou')
  await kinds.verify.request(lou)
  await withSecrets(['a new secret'], () => api.drainJobs())
  const [job] = await api.waitingJobs()
  expect(job).toMatchObject({ attempts: 1, maxAttempts: 1, lastError: expect.stringContaining('APP_SECRET') })
  expect(api.mailbox.to(lou.email)).toEqual([])
  await sql`delete from graphile_worker._private_jobs`.execute(api.db)
})

async function withSecrets(appSecrets: [string, ...string[]], work: () => Promise<void>) {
  const { settings } = api.deps
  api.deps.settings = { ...settings, appSecrets }
  try {
    await work()
  } finally {
    api.deps.settings = settings
  }
}

each('%s: a link that expired or whose owner is gone while the mail waited is not mailed', async (kind) => {
  const mia = await unverified(`mia_${kind}`)
  const nora = await unverified(`nora_${kind}`)
  await kinds[kind].request(mia)
  await kinds[kind].request(nora)
  await sql`update mail_tokens set expires_at = now() where user_id = ${mia.user.id}`.execute(api.db)
  await leave(nora, 8)
  await api.drainJobs()
  expect([...mailsOf(kind, mia), ...mailsOf(kind, nora)]).toEqual([])
  expect(await api.waitingJobs()).toEqual([])
})

it('the nightly sweep deletes expired tokens, and nothing else', async () => {
  const olga = await unverified('olga')
  const pia = await unverified('pia')
  await kinds.verify.request(olga)
  const token = await mailedToken('verify', pia)
  await sql`update mail_tokens set expires_at = now() where user_id = ${olga.user.id}`.execute(api.db)
  await sweepCredentials.run(api.deps, {}, run)
  const rows = await api.db.selectFrom('mailTokens').select('id').where('userId', '=', olga.user.id).execute()
  expect(rows).toEqual([])
  expect(await kinds.verify.redeem(token)).toBeNull()
})
