import { sql } from 'kysely'
import pg from 'pg'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { freshName } from '../../testing/callers.ts'
import { eventually } from '../../testing/eventually.ts'
import { createTestApi, password, type Person, type TestApi } from '../../testing/index.ts'
import { lockWaiters } from '../../testing/locks.ts'
import { refusalOf } from '../../testing/refusal.ts'
import { eraseUsers } from './jobs.ts'

let api: TestApi
let bob: Person

beforeAll(async () => {
  api = await createTestApi()
  bob = await api.person('bob')
})

afterAll(() => api.stop())

const erase = () =>
  eraseUsers.run(api.deps, {}, { id: '1', attempt: 1, signal: new AbortController().signal })

const signIn = (email: string, given = password) =>
  api.nobody.auth.signIn({ email, password: given, tokenInBody: true })

const age = (days: number, { user }: Person) =>
  sql`
    update users set deleted_at = deleted_at - ${days} * interval '1 day',
                     created_at = created_at - ${days} * interval '1 day' where id = ${user.id}`.execute(
    api.db,
  )

const isThere = async ({ user }: Person) =>
  (await api.db.selectFrom('users').select('id').where('id', '=', user.id).execute()).length === 1

it('who is deleted is gone for everybody, with what they wrote', async () => {
  const ada = await api.person(freshName('ada'))
  const post = await ada.calls.posts.create({ title: 'Published', body: '', publish: true })
  expect(await ada.calls.users.delete()).toBeNull()
  for (const calls of [api.nobody, bob.calls]) {
    expect(await refusalOf(calls.users.get({ id: ada.user.id }))).toMatchObject({ code: 'NOT_FOUND' })
    expect(await refusalOf(calls.posts.get({ id: post.id }))).toMatchObject({ code: 'NOT_FOUND' })
    expect((await calls.posts.list({ authorId: ada.user.id })).items).toEqual([])
  }
  expect((await bob.calls.users.search({ q: ada.user.username })).items).toEqual([])
})

it('every session ends with the account, access tokens too', async () => {
  const ada = await api.person(freshName('ada'))
  const { token } = await signIn(ada.email)
  const { accessToken } = await ada.calls.auth.accessToken()
  await ada.calls.users.delete()
  for (const bearer of [ada.token, token, accessToken]) {
    const calls = api.callerOf({ authorization: `Bearer ${bearer}` })
    expect(await refusalOf(calls.users.me())).toMatchObject({ code: 'UNAUTHORIZED', status: 401 })
  }
})

it('sessions from before a deletion do not come back with the account', async () => {
  const ada = await api.person(freshName('ada'))
  await ada.calls.users.delete()
  await signIn(ada.email)
  expect(await refusalOf(ada.calls.users.me())).toMatchObject({ code: 'UNAUTHORIZED' })
})

it('a deletion alone keeps somebody out, should a session be left', async () => {
  const ada = await api.person(freshName('ada'))
  await api.db.updateTable('users').set({ deletedAt: new Date() }).where('id', '=', ada.user.id).execute()
  expect(await refusalOf(ada.calls.users.me())).toMatchObject({ code: 'UNAUTHORIZED' })
})

it('a mail tells of it, and until when there is a way back', async () => {
  const ada = await api.person(freshName('ada'))
  await ada.calls.users.delete()
  await api.drainJobs()
  const [mail] = api.mailbox.to(ada.email)
  expect(mail).toMatchObject({ subject: 'Your account is deleted' })
  expect(mail?.text).toContain(`7 days from ${new Date().toISOString().slice(0, 10)}`)
})

it('nobody can take the names of who may come back', async () => {
  const ada = await api.person(freshName('ada'))
  await ada.calls.users.delete()
  const other = { email: `${freshName('new')}@example.com`, username: freshName('new'), password }
  const register = (given: object) => refusalOf(api.nobody.users.create({ ...other, ...given }))
  expect(await register({ email: ada.email })).toMatchObject({ code: 'EMAIL_TAKEN' })
  expect(await register({ username: ada.user.username })).toMatchObject({ code: 'USERNAME_TAKEN' })
  expect(await refusalOf(bob.calls.users.update({ username: ada.user.username }))).toMatchObject({
    code: 'USERNAME_TAKEN',
  })
})

it('signing in within 7 days brings it all back', async () => {
  const ada = await api.person(freshName('ada'))
  const post = await ada.calls.posts.create({ title: 'Published', body: 'As it was', publish: true })
  const draft = await ada.calls.posts.create({ title: 'A draft', body: '' })
  await ada.calls.users.delete()
  await age(6.99, ada)
  await erase()
  const { token, user } = await signIn(ada.email)
  expect(user).toMatchObject({ id: ada.user.id, username: ada.user.username, emailVerified: true })
  const back = api.callerOf({ authorization: `Bearer ${token}` })
  expect(await api.nobody.posts.get({ id: post.id })).toEqual(post)
  expect(await back.posts.get({ id: draft.id })).toEqual(draft)
  expect(await bob.calls.users.get({ id: ada.user.id })).toMatchObject({ username: ada.user.username })
  const { items } = await back.auth.events({ limit: 3 })
  expect(items.map(({ action }) => action)).toEqual(['session.started', 'user.returned', 'user.deleted'])
  await age(30, ada)
  await erase()
  expect(await isThere(ada)).toBe(true)
})

it('a wrong password brings nobody back', async () => {
  const ada = await api.person(freshName('ada'))
  await ada.calls.users.delete()
  expect(await refusalOf(signIn(ada.email, 'Wrong7Horse'))).toMatchObject({ code: 'INVALID_CREDENTIALS' })
  expect(await refusalOf(api.nobody.users.get({ id: ada.user.id }))).toMatchObject({ code: 'NOT_FOUND' })
})

it('a forgotten password is no end of the way back', async () => {
  const ada = await api.person(freshName('ada'))
  await ada.calls.users.delete()
  await api.nobody.auth.password.requestReset({ email: ada.email })
  await api.drainJobs()
  await api.nobody.auth.password.reset({ token: api.mailbox.tokenFor(ada.email), password: 'Another7Horse' })
  expect(await refusalOf(api.nobody.users.get({ id: ada.user.id }))).toMatchObject({ code: 'NOT_FOUND' })
  expect(await signIn(ada.email, 'Another7Horse')).toMatchObject({ user: { id: ada.user.id } })
})

it('after 7 days signing in is refused like an unknown address, also before the job has run', async () => {
  const ada = await api.person(freshName('ada'))
  await ada.calls.users.delete()
  await age(7.01, ada)
  const unknown = await refusalOf(signIn('none@example.com'))
  expect(await refusalOf(signIn(ada.email))).toEqual(unknown)
  expect(await isThere(ada)).toBe(true)
  await erase()
  expect(await isThere(ada)).toBe(false)
  expect(await refusalOf(signIn(ada.email))).toEqual(unknown)
})

it('and no mail with a link goes out any more', async () => {
  const ada = await api.person(freshName('ada'))
  await ada.calls.users.delete()
  await age(7.01, ada)
  await api.drainJobs()
  const { length } = api.mailbox.to(ada.email)
  expect(await api.nobody.auth.password.requestReset({ email: ada.email })).toEqual({ ok: true })
  await api.drainJobs()
  expect(api.mailbox.to(ada.email)).toHaveLength(length)
})

it('an erased person leaves ids in the log, for some days in what jobs and streams have done, and nothing anywhere else', async () => {
  const ada = await api.person(freshName('ada'))
  await signIn(ada.email)
  await ada.calls.posts.create({ title: 'Published', body: '', publish: true })
  await ada.calls.auth.email.change({ email: `${freshName('new')}@example.com` })
  await ada.calls.users.export()
  await api.nobody.auth.password.requestReset({ email: ada.email })
  await ada.calls.users.delete()
  await api.drainJobs()
  await age(7.01, ada)
  await erase()
  await api.drainJobs()
  const { rows: tables } = await sql<{ name: string }>`
    select tablename as name from pg_tables where schemaname = 'public'`.execute(api.db)
  const left: string[] = []
  for (const { name } of tables) {
    const { rows } = await sql<{ row: string }>`select t::text as row from ${sql.table(name)} t`.execute(
      api.db,
    )
    for (const { row } of rows) {
      expect(row).not.toContain(ada.user.username)
      if (row.includes(ada.user.id)) left.push(name)
    }
  }
  expect(new Set(left)).toEqual(new Set(['audit_events', 'job_runs', 'live_events']))
})

it('more than a batch is erased in one run', async () => {
  await sql`
    insert into users (id, email, username, email_verified_at, deleted_at)
    select gen_random_uuid(), 'gone' || n || '@example.com', 'gone_' || n, now(), now() - interval '8 days'
    from generate_series(1, 1100) n`.execute(api.db)
  await erase()
  const { rows } = await sql`select from users where username like 'gone\_%'`.execute(api.db)
  expect(rows).toEqual([])
  const { rows: erasures } = await sql<{ count: number }>`
    select count(distinct subject_id)::int from audit_events where action = 'user.erased'`.execute(api.db)
  expect(erasures[0]?.count).toBeGreaterThan(1100)
})

it('who never verified is erased after 7 days, and not a moment before', async () => {
  const ines = await api.person(freshName('ines'), { isVerified: false })
  await age(6.99, ines)
  await erase()
  expect(await isThere(ines)).toBe(true)
  await age(0.02, ines)
  await erase()
  expect(await isThere(ines)).toBe(false)
})

it('an admin who never verified stays: it may be the last', async () => {
  const ines = await api.person(freshName('ines'), { role: 'admin', isVerified: false })
  await age(8, ines)
  await erase()
  expect(await isThere(ines)).toBe(true)
})

it.each([
  { how: 'confirms their address', isDeleted: false, change: 'email_verified_at = now()' },
  { how: 'comes back', isDeleted: true, change: 'deleted_at = null' },
])('who $how while the job runs is not erased', async ({ isDeleted, change }) => {
  const ines = await api.person(freshName('ines'), { isVerified: isDeleted })
  if (isDeleted) await ines.calls.users.delete()
  await age(8, ines)
  const other = new pg.Client({ connectionString: api.database.directUrl })
  await other.connect()
  try {
    await other.query('begin')
    await other.query(`update users set ${change} where id = '${ines.user.id}'`)
    const erasing = erase()
    await eventually(async () => expect(await lockWaiters(api)).toBeGreaterThan(0))
    await other.query('commit')
    await erasing
  } finally {
    await other.end()
  }
  expect(await isThere(ines)).toBe(true)
})

it('one who cannot be erased stays whole, and keeps nobody else from it', async () => {
  const [ada, lena, ines] = await Promise.all(
    ['ada', 'lena', 'ines'].map((name) => api.person(freshName(name))),
  )
  for (const person of [ada!, lena!, ines!]) {
    await person.calls.users.delete()
    await age(8, person)
  }
  await sql`
    alter table audit_events add constraint closed check (action <> 'user.erased' or subject_id <> ${sql.lit(lena!.user.id)})
    not valid`.execute(api.db)
  await expect(erase()).rejects.toThrow('1 were not erased')
  await sql`alter table audit_events drop constraint closed`.execute(api.db)
  expect(await Promise.all([ada!, lena!, ines!].map(isThere))).toEqual([false, true, false])
  await erase()
  expect(await isThere(lena!)).toBe(false)
})
