import { sql } from 'kysely'
import { afterAll, beforeAll, expect, it, vi } from 'vitest'
import { toFailure } from '../errors.ts'
import { freshName } from '../testing/callers.ts'
import { procedureCalls } from '../testing/calls.ts'
import { dumpOf, holds } from '../testing/dump.ts'
import { createTestApi, password, type Person, type TestApi } from '../testing/index.ts'
import { allProcedures, callByPath } from '../testing/procedures.ts'
import type { AuditAction } from './actions.ts'

let api: TestApi
let root: Person

beforeAll(async () => {
  api = await createTestApi()
  vi.spyOn(api.deps.hasher, 'hash').mockResolvedValue('a hash')
  vi.spyOn(api.deps.hasher, 'verify').mockResolvedValue(true)
  root = await api.person('root', { role: 'admin' })
})

afterAll(() => api.stop())

const recorded: Record<string, AuditAction> = {
  'users.create': 'user.registered',
  'users.update': 'user.updated',
  'users.delete': 'user.deleted',
  'users.export': 'export.requested',
  'users.downloadExport': 'export.downloaded',
  'auth.signIn': 'session.started',
  'auth.signOut': 'session.ended',
  'auth.reauthenticate': 'session.reauthenticated',
  'auth.sessions.revoke': 'session.ended',
  'auth.sessions.revokeOthers': 'session.others-ended',
  'auth.email.verify': 'email.verified',
  'auth.email.resend': 'email.verification-requested',
  'auth.email.change': 'email.change-requested',
  'auth.email.confirmChange': 'email.changed',
  'auth.email.undoChange': 'email.change-undone',
  'auth.password.requestReset': 'password.reset-requested',
  'auth.password.reset': 'password.reset',
  'auth.password.change': 'password.changed',
  'notifications.send': 'notification.sent',
  'admin.users.suspend': 'user.suspended',
  'admin.users.restore': 'user.restored',
  'admin.users.setRole': 'user.role-changed',
  'admin.users.endSessions': 'session.all-ended',
  'admin.users.sendReset': 'password.reset-requested',
  'admin.jobs.retry': 'job.retried',
  'admin.jobs.retryAll': 'job.all-retried',
  'admin.jobs.cancel': 'job.cancelled',
  'admin.jobs.reschedule': 'job.rescheduled',
}

/** Why it is in no log. */
const unrecorded: Record<string, string> = {
  'notifications.markRead': 'changes nobody’s access',
  'notifications.markAllRead': 'changes nobody’s access',
  'notifications.preferences.update': 'what concerns security is told whatever is chosen',
  'users.follow': 'changes nobody’s access',
  'users.unfollow': 'changes nobody’s access',
  'auth.accessToken': 'holds for 15 minutes, and only as long as its session',
  'posts.create': 'changes nobody’s access',
  'posts.update': 'changes nobody’s access',
  'posts.publish': 'changes nobody’s access',
  'posts.delete': 'changes nobody’s access',
  'posts.restore': 'changes nobody’s access',
}

it('every mutation is recorded, or has a reason not to be', () => {
  const mutations = allProcedures().filter(({ meta }) => !meta.rest?.startsWith('GET'))
  const known = [...Object.keys(recorded), ...Object.keys(unrecorded)]
  expect(mutations.map(({ path }) => path).toSorted()).toEqual(known.toSorted())
})

const isStaffs = (path: string) => path.startsWith('admin.') || path === 'notifications.send'

/** A call that has something to do, on what is ada's. */
async function prepared(path: string) {
  const ada = await api.person(freshName('ada'))
  await api.nobody.auth.signIn({ email: ada.email, password, tokenInBody: true })
  const input = await procedureCalls[path]?.input?.(api, ada)
  const row = api.db.updateTable('users').where('id', '=', ada.user.id)
  if (path === 'auth.email.resend') await row.set({ emailVerifiedAt: null }).execute()
  if (path === 'admin.users.restore') await row.set({ suspendedAt: new Date() }).execute()
  const isPublic = procedureCalls[path]?.access === 'public'
  const calls = isStaffs(path) ? root.calls : isPublic ? api.nobody : ada.calls
  return { ada, call: () => callByPath(calls, path, input) }
}

it.each(Object.entries(recorded))(
  '%s is recorded as %s, with who, whom and from where',
  async (path, action) => {
    const { ada, call } = await prepared(path)
    await call()
    const { items } = await root.calls.admin.audit.list({ limit: 1 })
    const isRegistration = path === 'users.create'
    const concerned = path.startsWith('admin.jobs.') ? null : ada.user.id
    expect(items[0]).toMatchObject({
      action,
      result: 'success',
      subjectId: isRegistration ? expect.any(String) : concerned,
      ip: '203.0.113.7',
      device: 'Firefox on Linux',
      requestId: expect.any(String),
    })
    const subjectId = items[0]?.subjectId
    const actor = isStaffs(path) ? root.user.id : subjectId
    expect(items[0]?.actorId).toBe(path === 'auth.password.requestReset' ? null : actor)
  },
)

it.each(Object.keys(recorded))('%s does nothing at all when it cannot be recorded', async (path) => {
  const { call } = await prepared(path)
  const before = await rowsOfAllTables()
  await sql`alter table audit_events add constraint closed check (false) not valid`.execute(api.db)
  const outcome = await call().then(
    () => 'OK',
    (error: unknown) => toFailure(error).apiCode,
  )
  await sql`alter table audit_events drop constraint closed`.execute(api.db)
  expect(outcome).toBe('INTERNAL')
  const after = await rowsOfAllTables()
  expect([...after].filter((row) => !before.has(row))).toEqual([])
  expect([...before].filter((row) => !after.has(row))).toEqual([])
})

const rowsOfAllTables = async () => new Set((await dumpOf(api.db)).split('\n'))

it('what is refused for another reason is not recorded as done', async () => {
  const ada = await api.person(freshName('ada'))
  const { items: before } = await root.calls.admin.audit.list({ limit: 1 })
  await expect(ada.calls.users.update({ username: root.user.username })).rejects.toThrow('taken')
  await expect(ada.calls.auth.sessions.revoke({ id: ada.user.id })).rejects.toThrow('no such session')
  await expect(api.nobody.auth.password.reset({ token: 'x', password })).rejects.toThrow('no longer valid')
  expect((await root.calls.admin.audit.list({ limit: 1 })).items).toEqual(before)
})

it('the log holds no password, no hash of one, and no token', async () => {
  const { rows } = await sql<{ row: string }>`select e::text as row from audit_events e`.execute(api.db)
  const log = rows.map(({ row }) => row).join('\n')
  const { rows: hashes } = await sql<{ hash: Buffer }>`
    select token_hash as hash from sessions union all select token_hash from mail_tokens
    union all select undo_token_hash from email_changes union all select token_hash from exports`.execute(
    api.db,
  )
  expect(hashes.length).toBeGreaterThan(50)
  const hexadecimal = hashes.map(({ hash }) => hash.toString('hex'))
  for (const secret of [password, 'Another7Horse', 'a hash', root.token, ...hexadecimal])
    expect([secret, holds(log, secret)]).toEqual([secret, false])
})

it('before and after are told, where there is such a thing', async () => {
  const ada = await api.person(freshName('ada'))
  await ada.calls.users.update({ username: freshName('new') })
  await root.calls.admin.users.setRole({ id: ada.user.id, role: 'moderator' })
  await root.calls.admin.users.suspend({ id: ada.user.id, reason: 'Spam' })
  const { items } = await root.calls.admin.audit.list({ subjectId: ada.user.id, limit: 3 })
  expect(items.map(({ details }) => details)).toEqual([
    { reason: 'Spam' },
    { before: 'user', after: 'moderator' },
    { usernameBefore: ada.user.username, usernameAfter: expect.stringMatching(/^new_/) },
  ])
})

it('an event is kept for as many days as is set', async () => {
  const { settings } = api.deps
  for (const days of [1, 365]) {
    settings.auditDays = days
    await api.person(freshName('ada'))
    const { rows } = await sql<{ kept: number }>`
      select extract(epoch from expires_at - at) / 86400 as kept from audit_events order by id desc limit 1
      `.execute(api.db)
    expect(Number(rows[0]?.kept)).toBeCloseTo(days, 3)
  }
})
