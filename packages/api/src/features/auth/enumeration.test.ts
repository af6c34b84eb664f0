import { sql } from 'kysely'
import { afterAll, afterEach, beforeAll, expect, it, vi } from 'vitest'
import type { AuditAction } from '../../audit/actions.ts'
import { inTransaction } from '../../db.ts'
import { lockAddress } from './queries.ts'
import { eventually } from '../../testing/eventually.ts'
import { createTestApi, password, type TestApi } from '../../testing/index.ts'
import { lockWaiters } from '../../testing/locks.ts'
import { refusalOf } from '../../testing/refusal.ts'
import { statementsOf } from '../../testing/statements.ts'
import { answerTo, posted } from '../../testing/wire.ts'

let api: TestApi

// Limits that nothing here reaches: the statements that count are to be the same, too.
beforeAll(async () => {
  api = await createTestApi({ rateLimitFactor: 1000 })
})

afterAll(() => api.stop())

afterEach(() => vi.restoreAllMocks())

const wrong = 'Wrong7Horse'
const none = 'none@example.com'

const change = (name: string, columns: ReturnType<typeof sql>) =>
  sql`update users set ${columns} where username = ${name}`.execute(api.db)

async function suspended(name: string) {
  const person = await api.person(name)
  await change(name, sql`suspended_at = now()`)
  return person
}

async function gone(name: string, days: number) {
  const person = await api.person(name)
  await change(name, sql`deleted_at = now() - make_interval(days => ${days})`)
  return person
}

async function withoutPassword(name: string) {
  const person = await api.person(name)
  await change(name, sql`password_hash = null`)
  return person
}

/** What a call answers, on the wire, and what it does: its statements and its hashing. */
async function observed(path: string, input: object) {
  const verify = vi.spyOn(api.deps.hasher, 'verify')
  let answer: unknown
  const statements = await statementsOf(async () => {
    answer = await answerTo(api.deps, path, posted(input))
  })
  const hashed = verify.mock.calls.length
  verify.mockRestore()
  return { answer, texts: statements.map(({ text }) => text), hashed }
}

const signIn = (email: string, given: string) => observed('auth.signIn', { email, password: given })

it('a refused sign-in is one answer after the same statements and one hashing, whoever it was for', async () => {
  await signIn(none, wrong)
  const unknown = await signIn(none, wrong)
  expect(unknown).toMatchObject({
    answer: {
      status: 401,
      errors: [{ message: 'The address or the password is wrong.', data: { code: 'INVALID_CREDENTIALS' } }],
    },
    hashed: 1,
  })
  expect(unknown.texts.length).toBeGreaterThan(3)
  const ada = await api.person('ada')
  const bob = await withoutPassword('bob')
  const carol = await suspended('carol')
  const dora = await gone('dora', 6)
  const erin = await gone('erin', 8)
  expect(await signIn(ada.email, wrong)).toEqual(unknown)
  expect(await signIn(bob.email, wrong)).toEqual(unknown)
  expect(await signIn(bob.email, password)).toEqual(unknown)
  expect(await signIn(carol.email, wrong)).toEqual(unknown)
  expect(await signIn(dora.email, wrong)).toEqual(unknown)
  expect(await signIn(erin.email, password)).toEqual(unknown)
})

it('an account without a password is not entered with that of the dummy hash', async () => {
  const fay = await withoutPassword('fay')
  const given = 'Dummy for unknown addresses 0'
  expect(await refusalOf(api.nobody.auth.signIn({ email: fay.email, password: given }))).toMatchObject({
    code: 'INVALID_CREDENTIALS',
  })
})

it('that an account is suspended is told to those who know its password', async () => {
  const gail = await suspended('gail')
  const cookies: string[] = []
  const attempt = api.callerOf({}, cookies).auth.signIn({ email: gail.email, password })
  expect(await refusalOf(attempt)).toMatchObject({ code: 'ACCOUNT_SUSPENDED', status: 403 })
  expect(cookies).toEqual([])
  expect(await sessionsOf(gail.user.id)).toHaveLength(1)
})

it('an account that is suspended while its password is verified is not entered', async () => {
  const hana = await api.person('hana')
  const { verify } = api.deps.hasher
  vi.spyOn(api.deps.hasher, 'verify').mockImplementationOnce(async (hash, given) => {
    const isRight = await verify(hash, given)
    await change('hana', sql`suspended_at = now()`)
    return isRight
  })
  expect(await refusalOf(api.nobody.auth.signIn({ email: hana.email, password }))).toMatchObject({
    code: 'ACCOUNT_SUSPENDED',
  })
  expect(await sessionsOf(hana.user.id)).toHaveLength(1)
  expect(await eventsOf(hana.user.id, 'session.started')).toEqual(['failure'])
})

const sessionsOf = (userId: string) =>
  api.db.selectFrom('sessions').select('id').where('userId', '=', userId).execute()

async function eventsOf(subjectId: string, action: AuditAction, { db } = api) {
  const { rows } = await sql<{ result: string }>`
    select result from audit_events where subject_id = ${subjectId} and action = ${action} order by id`.execute(
    db,
  )
  return rows.map(({ result }) => result)
}

const requestReset = (email: string) => observed('auth.password.requestReset', { email })

it('a reset is one answer after the same statements: known, unknown, suspended, leaving or gone', async () => {
  await requestReset(none)
  const unknown = await requestReset(none)
  expect(unknown.answer).toMatchObject({ status: 200, text: '{"result":{"data":{"ok":true}}}' })
  expect(unknown.texts.length).toBeGreaterThan(5)
  const iris = await api.person('iris')
  const june = await suspended('june')
  const kira = await gone('kira', 6)
  const lou = await gone('lou', 8)
  const mia = await withoutPassword('mia')
  for (const { email } of [iris, june, kira, lou, mia]) expect(await requestReset(email)).toEqual(unknown)
  await api.drainJobs()
  const mailed = [none, iris.email, june.email, kira.email, lou.email, mia.email].filter(
    (email) => api.mailbox.to(email).length > 0,
  )
  expect(mailed).toEqual([iris.email, june.email, kira.email, mia.email])
})

it.each(['none', 'known'])(
  'resets of one address wait for each other, of one that is %s, too',
  async (kind) => {
    const email = kind === 'none' ? none : (await api.person('nell')).email
    let asked: Promise<unknown> | undefined
    await inTransaction(api.db, async (trx) => {
      await lockAddress(trx, email)
      asked = api.nobody.auth.password.requestReset({ email })
      const waiting = eventually(async () => expect(await lockWaiters(api)).toBe(1)).then(() => 'waits')
      expect(await Promise.race([asked, waiting])).toBe('waits')
    })
    expect(await asked).toEqual({ ok: true })
  },
)

it('over the limit of an account a reset is the same answer after the same statements as anywhere, and mails nothing', async () => {
  const limited = await createTestApi({ rateLimitFactor: 1 })
  try {
    const { email, user } = await limited.person('ada')
    let source = 0
    const ask = async (address: string) => {
      let answer: unknown
      const calls = limited.callerOf({ ip: `203.0.113.${++source}` })
      const statements = await statementsOf(async () => {
        answer = await calls.auth.password.requestReset({ email: address })
      })
      await limited.drainJobs()
      return { answer, texts: statements.map(({ text }) => text) }
    }
    await ask('other@example.com')
    for (let again = 0; again < 3; again++) expect(await ask(email)).toEqual(await ask(none))
    expect(limited.mailbox.to(email)).toHaveLength(3)
    for (const address of [email, 'ADA@Example.com', email]) {
      const over = await ask(address)
      expect(over.answer).toEqual({ ok: true })
      expect(over).toEqual(await ask(none))
    }
    expect(limited.mailbox.sent).toHaveLength(3)
    const results = await eventsOf(user.id, 'password.reset-requested', limited)
    expect(results).toEqual([...Array(3).fill('success'), ...Array(3).fill('failure')])
    // Nor does what was not mailed kill what was.
    const token = limited.mailbox.tokenFor(email)
    expect(await limited.nobody.auth.password.reset({ token, password: 'Another7Horse' })).toBeNull()
  } finally {
    await limited.stop()
  }
})
