import { sql } from 'kysely'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { eraseUsers } from '../features/users/jobs.ts'
import { createVerifiedUser } from '../features/users/users.ts'
import { firstIdAt, newId } from '../ids.ts'
import { freshName } from '../testing/callers.ts'
import { createTestApi, password, type Person, type TestApi } from '../testing/index.ts'
import { refusalOf } from '../testing/refusal.ts'

let api: TestApi
let ada: Person
let bob: Person
let mona: Person
let root: Person

beforeAll(async () => {
  api = await createTestApi()
  ada = await api.person('ada')
  bob = await api.person('bob')
  mona = await api.person('mona', { role: 'moderator' })
  root = await api.person('root', { role: 'admin' })
})

afterAll(() => api.stop())

const minute = 60_000
const staffIp = '198.51.100.77'
const asStaff = () =>
  api.callerOf({ authorization: `Bearer ${mona.token}`, ip: staffIp, userAgent: 'StaffBrowser/1' })

const signIn = (email: string, given: string, ip = '203.0.113.7') =>
  api.callerOf({ ip }).auth.signIn({ email, password: given, tokenInBody: true })

it('I see what happened to my account, who did it, and nothing of others', async () => {
  const lena = await api.person('lena')
  await lena.calls.users.update({ username: 'lena_2' })
  await signIn(lena.email, 'Wrong7Horse', '203.0.113.99').catch(() => {})
  await asStaff().admin.users.suspend({ id: lena.user.id, reason: 'A secret reason' })
  await asStaff().admin.users.restore({ id: lena.user.id })
  const { token } = await signIn(lena.email, password)
  const { items } = await api.callerOf({ authorization: `Bearer ${token}` }).auth.events({})
  const shown = items.map(({ action, result, by, ip }) => [action, result, by, ip])
  expect(shown).toEqual([
    ['session.started', 'success', 'self', '203.0.113.7'],
    ['user.restored', 'success', 'staff', null],
    ['user.suspended', 'success', 'staff', null],
    ['session.started', 'failure', 'unknown', '203.0.113.99'],
    ['user.updated', 'success', 'self', '203.0.113.7'],
    ['user.created', 'success', 'system', null],
  ])
})

it('of the staff I am told no address, device, reason, name or request', async () => {
  const sam = await api.person('sammy')
  await asStaff().admin.users.endSessions({ id: sam.user.id })
  await asStaff().admin.users.suspend({ id: sam.user.id, reason: 'A secret reason' })
  await asStaff().admin.users.restore({ id: sam.user.id })
  const { token } = await signIn(sam.email, password)
  const { items } = await api.callerOf({ authorization: `Bearer ${token}` }).auth.events({})
  const staffs = items.filter(({ by }) => by === 'staff')
  expect(staffs).toHaveLength(3)
  for (const { ip, device, details } of staffs) expect([ip, device, details]).toEqual([null, null, null])
  for (const secret of [staffIp, 'StaffBrowser', 'A secret reason', mona.user.id])
    expect(JSON.stringify(items)).not.toContain(secret)
  expect(Object.keys(items[0]!).toSorted()).toEqual(
    ['id', 'at', 'action', 'result', 'ip', 'device', 'details', 'by'].toSorted(),
  )
})

it('what I did to others is theirs, and not in my list', async () => {
  const { items } = await mona.calls.auth.events({})
  expect(items.map(({ action }) => action)).toEqual(['user.created'])
})

it('a subject that is asked for is refused: mine are the only ones', async () => {
  const call = ada.calls.auth.events({ subjectId: bob.user.id } as never)
  expect(await refusalOf(call)).toMatchObject({ code: 'VALIDATION_ERROR' })
})

it('those who may read the log see all of it, with who and why', async () => {
  const sam = await api.person(freshName('sam'))
  await asStaff().admin.users.suspend({ id: sam.user.id, reason: 'Spam' })
  const { items } = await root.calls.admin.audit.list({ subjectId: sam.user.id, limit: 1 })
  expect(items).toEqual([
    {
      id: expect.any(String),
      at: expect.stringMatching(/^\d{4}-.*Z$/),
      action: 'user.suspended',
      result: 'success',
      actorId: mona.user.id,
      subjectId: sam.user.id,
      requestId: expect.any(String),
      ip: staffIp,
      device: expect.stringContaining('StaffBrowser'),
      details: { reason: 'Spam' },
    },
  ])
  for (const { calls } of [ada, mona])
    expect(await refusalOf(calls.admin.audit.list({}))).toMatchObject({ code: 'FORBIDDEN' })
})

it('a refused sign-in tells the log why, also where there is no account', async () => {
  await signIn('none@example.com', 'Wrong7Horse').catch(() => {})
  const { items } = await root.calls.admin.audit.list({ result: 'failure', limit: 1 })
  expect(items[0]).toMatchObject({
    action: 'session.started',
    actorId: null,
    subjectId: null,
    details: { reason: 'INVALID_CREDENTIALS' },
  })
  expect(JSON.stringify(items[0])).not.toContain('none@example.com')
})

it('the log is filtered by who, whom, what, how it went and when', async () => {
  const all = (await root.calls.admin.audit.list({ limit: 100 })).items
  const check = async (filter: object, expected: (event: (typeof all)[number]) => boolean) => {
    const { items } = await root.calls.admin.audit.list({ limit: 100, ...filter })
    expect(items).toEqual(all.filter(expected))
    expect(items.length).toBeGreaterThan(0)
    expect(items.length).toBeLessThan(all.length)
  }
  const { at } = all[4]!
  await check({ actorId: mona.user.id }, ({ actorId }) => actorId === mona.user.id)
  await check({ subjectId: bob.user.id }, ({ subjectId }) => subjectId === bob.user.id)
  await check({ action: 'user.suspended' }, ({ action }) => action === 'user.suspended')
  await check({ result: 'failure' }, ({ result }) => result === 'failure')
  await check({ since: at }, (event) => event.at >= at)
  await check({ until: at }, (event) => event.at < at)
  await check(
    { actorId: mona.user.id, action: 'user.restored', result: 'success', since: all.at(-1)!.at },
    ({ actorId, action }) => actorId === mona.user.id && action === 'user.restored',
  )
})

it('no event is lost at the edge of a time, though its id was made a minute before or after it', async () => {
  const subjectId = newId()
  const at = '2026-03-01T12:00:00.000Z'
  const ids = [-minute, 0, minute].map((skew) => firstIdAt(at, skew))
  for (const id of ids)
    await sql`
      insert into audit_events (id, at, action, result, subject_id, expires_at)
      values (${id}, ${at}, 'session.started', 'success', ${subjectId}, now() + interval '1 day')`.execute(
      api.db,
    )
  const found = async (filter: { since?: string; until?: string }) =>
    (await root.calls.admin.audit.list({ subjectId, ...filter })).items.map(({ id }) => id).toReversed()
  const [before, after] = ['2026-03-01T11:59:59.999Z', '2026-03-01T12:00:00.001Z']
  for (const filter of [{ since: at }, { until: after }, { since: at, until: after }, { since: before }])
    expect([filter, await found(filter)]).toEqual([filter, ids])
  for (const filter of [{ since: after }, { until: at }, { since: before, until: at }])
    expect([filter, await found(filter)]).toEqual([filter, []])
})

it('my events are filtered, too', async () => {
  const lena = await api.person(freshName('lena'))
  await lena.calls.users.update({ username: freshName('lena') })
  const { items: all } = await lena.calls.auth.events({})
  expect((await lena.calls.auth.events({ action: 'user.updated' })).items).toEqual(all.slice(0, 1))
  expect((await lena.calls.auth.events({ until: all[0]!.at })).items).toEqual(all.slice(1))
  expect((await lena.calls.auth.events({ result: 'failure' })).items).toEqual([])
})

it('both lists come in pages, each event once, newest first', async () => {
  const lena = await api.person(freshName('lena'))
  for (let count = 0; count < 9; count++) await lena.calls.users.update({ username: freshName('lena') })
  const all = (await root.calls.admin.audit.list({ subjectId: lena.user.id, limit: 100 })).items
  expect(all.map(({ id }) => id)).toEqual(
    all
      .map(({ id }) => id)
      .toSorted()
      .toReversed(),
  )
  const lists = [
    (cursor: string | undefined) =>
      root.calls.admin.audit.list({ subjectId: lena.user.id, limit: 3, cursor }),
    (cursor: string | undefined) => lena.calls.auth.events({ limit: 3, cursor }),
  ]
  for (const list of lists) {
    const ids: string[] = []
    let cursor: string | undefined
    do {
      const page = await list(cursor)
      ids.push(...page.items.map(({ id }) => id))
      cursor = page.nextCursor ?? undefined
    } while (cursor)
    expect(ids).toEqual(all.map(({ id }) => id))
  }
})

it.each(['!', 'WyJ4Il0', Buffer.from('["a","b"]').toString('base64url')])(
  'the cursor %s is refused',
  async (cursor) => {
    for (const list of [root.calls.admin.audit.list, ada.calls.auth.events])
      expect(await refusalOf(list({ cursor }))).toMatchObject({ code: 'CURSOR_INVALID', status: 400 })
  },
)

it('any time there is may be asked for', async () => {
  for (const time of ['0000-01-01T00:00:00.000Z', '9999-12-31T23:59:59.999Z'])
    expect(await ada.calls.auth.events({ since: time, until: time })).toEqual({ items: [], nextCursor: null })
})

it('of those who were erased the log keeps ids, in what they did to others, too', async () => {
  await createVerifiedUser(api.deps, { email: 'otto@example.com', username: 'otto', password }, 'moderator')
  const { token, user: otto } = await signIn('otto@example.com', password)
  const calls = api.callerOf({ authorization: `Bearer ${token}`, ip: staffIp })
  const sam = await api.person(freshName('sam'))
  await calls.admin.users.suspend({ id: sam.user.id, reason: 'Otto knows' })
  await calls.users.delete()
  const longAgo = new Date(Date.now() - 8 * 24 * 60 * 60 * 1000)
  await api.db.updateTable('users').set({ deletedAt: longAgo }).where('id', '=', otto.id).execute()
  await eraseUsers.run(api.deps, {}, { id: '1', attempt: 1, signal: new AbortController().signal })
  await api.drainJobs()
  const byOtto = (await root.calls.admin.audit.list({ actorId: otto.id })).items
  const onOtto = (await root.calls.admin.audit.list({ subjectId: otto.id })).items
  expect(byOtto.map(({ action }) => action)).toEqual(['user.deleted', 'user.suspended', 'session.started'])
  expect(onOtto.map(({ action }) => action)).toEqual([
    'user.erased',
    'user.deleted',
    'session.started',
    'user.created',
  ])
  for (const { ip, device } of [...byOtto, ...onOtto]) expect([ip, device]).toEqual([null, null])
  for (const { details } of onOtto) expect(details).toBeNull()
  // A deed stays what it was: its reason is the other person's history.
  expect(byOtto[1]?.details).toEqual({ reason: 'Otto knows' })
  const { items: others } = await root.calls.admin.audit.list({ actorId: mona.user.id, limit: 1 })
  expect(others[0]?.ip).toBe(staffIp)
})
