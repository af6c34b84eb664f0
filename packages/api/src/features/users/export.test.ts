import { sql } from 'kysely'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { freshName } from '../../testing/callers.ts'
import { dumpOf, holds } from '../../testing/dump.ts'
import { createTestApi, password, type Person, type TestApi } from '../../testing/index.ts'
import { refusalOf } from '../../testing/refusal.ts'
import { sweepExports } from './jobs.ts'
import { makeExport } from './make-export.ts'

let api: TestApi

beforeAll(async () => {
  api = await createTestApi({ isPatient: true })
})

afterAll(() => api.stop())

const run = { id: '1', attempt: 1, signal: new AbortController().signal }

async function mailedLink({ calls, email }: Person): Promise<string> {
  expect(await calls.users.export()).toEqual({ ok: true })
  await api.drainJobs()
  return api.mailbox.tokenFor(email)
}

const download = (token: string) => api.nobody.users.downloadExport({ token })

const refusedDownload = (token: string) => refusalOf(download(token))

const invalid = { code: 'TOKEN_INVALID', status: 400, message: 'This link is no longer valid.', details: {} }

it('a link is mailed, and works once, for whoever holds it', async () => {
  const ada = await api.person(freshName('ada'))
  const token = await mailedLink(ada)
  expect(api.mailbox.to(ada.email).map(({ subject }) => subject)).toEqual(['Your data is ready'])
  const { account } = await download(token)
  expect(account).toEqual([expect.objectContaining({ email: ada.email, username: ada.user.username })])
  expect(await refusedDownload(token)).toEqual(invalid)
  expect(await refusedDownload('A'.repeat(43))).toEqual(invalid)
})

it('of 50 downloads at once one gets it', async () => {
  const token = await mailedLink(await api.person(freshName('ada')))
  const outcomes = await Promise.all(
    Array.from({ length: 50 }, () =>
      download(token).then(
        () => 'OK',
        (error: { apiCode: string }) => error.apiCode,
      ),
    ),
  )
  expect(outcomes.filter((outcome) => outcome === 'OK')).toHaveLength(1)
  expect(outcomes.filter((outcome) => outcome === 'TOKEN_INVALID')).toHaveLength(49)
})

it('nothing can be fetched before the job has gathered it', async () => {
  const ada = await api.person(freshName('ada'))
  await ada.calls.users.export()
  const { items } = await ada.calls.auth.events({ limit: 1 })
  expect(items[0]?.action).toBe('export.requested')
  api.mailbox.failure = new Error('The mail server is away')
  await api.drainJobs()
  api.mailbox.failure = undefined
  await sql`update exports set content = null`.execute(api.db)
  await api.makeJobsDue()
  await api.drainJobs()
  expect(await download(api.mailbox.tokenFor(ada.email))).toHaveProperty('account')
})

it('a link dies after 24 hours, and what it led to is swept away', async () => {
  const ada = await api.person(freshName('ada'))
  const token = await mailedLink(ada)
  const { rows } = await sql<{ hours: number }>`
    select extract(epoch from expires_at - now())::float8 / 3600 as hours from exports
    where user_id = ${ada.user.id}`.execute(api.db)
  expect(rows[0]?.hours).toBeCloseTo(24, 1)
  await sweepExports.run(api.deps, {}, run)
  expect(await exportsOf(ada)).toHaveLength(1)
  await sql`update exports set expires_at = now() - interval '1 second'`.execute(api.db)
  expect(await refusedDownload(token)).toEqual(invalid)
  await sweepExports.run(api.deps, {}, run)
  expect(await exportsOf(ada)).toEqual([])
})

const exportsOf = ({ user }: Person) =>
  api.db.selectFrom('exports').select('id').where('userId', '=', user.id).execute()

it('a new request ends the link of the one before', async () => {
  const ada = await api.person(freshName('ada'))
  const first = await mailedLink(ada)
  const second = await mailedLink(ada)
  expect(await refusedDownload(first)).toEqual(invalid)
  expect(await download(second)).toHaveProperty('account')
})

it('a request that a newer one overtakes is mailed to nobody', async () => {
  const ada = await api.person(freshName('ada'))
  await ada.calls.users.export()
  await ada.calls.users.export()
  await api.drainJobs()
  expect(api.mailbox.to(ada.email)).toHaveLength(1)
})

it('a change of the address ends the link: the old one may be in other hands', async () => {
  const ada = await api.person(freshName('ada'))
  const token = await mailedLink(ada)
  const email = `${freshName('new')}@example.com`
  await ada.calls.auth.email.change({ email })
  await api.drainJobs()
  await api.nobody.auth.email.confirmChange({ token: api.mailbox.tokenFor(email) })
  expect(await refusedDownload(token)).toEqual(invalid)
})

it('a job that is run again sends the same link, and after the download it sends none', async () => {
  const ada = await api.person(freshName('ada'))
  const token = await mailedLink(ada)
  const [row] = await exportsOf(ada)
  const contentOf = async () =>
    (await sql`select content from exports where id = ${row!.id}`.execute(api.db)).rows
  const before = await contentOf()
  await makeExport.run(api.deps, { exportId: row!.id }, run)
  expect(api.mailbox.tokenFor(ada.email)).toBe(token)
  expect(await contentOf()).toEqual(before)
  await download(token)
  await makeExport.run(api.deps, { exportId: row!.id }, run)
  expect(api.mailbox.to(ada.email)).toHaveLength(2)
})

it('the mail server may be away: what was gathered is kept, and the same link goes out later', async () => {
  const ada = await api.person(freshName('ada'))
  api.mailbox.failure = new Error('The mail server is away')
  await ada.calls.users.export()
  await api.drainJobs()
  api.mailbox.failure = undefined
  expect(api.mailbox.to(ada.email)).toEqual([])
  await api.makeJobsDue()
  await api.drainJobs()
  expect(await download(api.mailbox.tokenFor(ada.email))).toHaveProperty('account')
  const { items } = await ada.calls.auth.events({ action: 'export.made' })
  expect(items).toHaveLength(1)
})

it('a link outlives a change of APP_SECRET, as long as the old one is known', async () => {
  const { settings } = api.deps
  const before = settings.appSecrets
  try {
    const ada = await api.person(freshName('ada'))
    const token = await mailedLink(ada)
    const bob = await api.person(freshName('bob'))
    await bob.calls.users.export()
    settings.appSecrets = ['a new secret', ...before]
    await api.drainJobs()
    expect(await download(token)).toHaveProperty('account')
    expect(await download(api.mailbox.tokenFor(bob.email))).toHaveProperty('account')
  } finally {
    settings.appSecrets = before
  }
})

it('once its APP_SECRET is gone a link is dead, which the log explains, and nothing counts as handed out', async () => {
  const { settings } = api.deps
  const before = settings.appSecrets
  const ada = await api.person(freshName('ada'))
  const token = await mailedLink(ada)
  api.logged.length = 0
  settings.appSecrets = ['another secret']
  try {
    expect(await refusedDownload(token)).toEqual(invalid)
  } finally {
    settings.appSecrets = before
  }
  expect(api.logged).toMatchObject([
    { level: 'warn', fields: { err: { message: expect.stringContaining('APP_SECRET') } } },
  ])
  expect((await ada.calls.auth.events({ action: 'export.downloaded' })).items).toEqual([])
})

it('what was asked for before a suspension is handed out during it: it is the person’s own', async () => {
  const root = await api.person(freshName('root'), { role: 'admin' })
  const [ada, bob] = [await api.person(freshName('ada')), await api.person(freshName('bob'))]
  const token = await mailedLink(ada)
  await bob.calls.users.export()
  for (const { user } of [ada, bob]) await root.calls.admin.users.suspend({ id: user.id })
  await api.drainJobs()
  for (const link of [token, api.mailbox.tokenFor(bob.email)])
    expect(await download(link)).toHaveProperty('account')
})

it('more than fits into a download is told in another letter, without a link', async () => {
  const ada = await api.person(freshName('ada'))
  const posts = (count: number) => sql`
    insert into posts (id, author_id, title, body)
    select gen_random_uuid(), ${ada.user.id}, 'Large', repeat('ü', 50000) from generate_series(1, ${count}::int)`
  await posts(205).execute(api.db)
  const token = await mailedLink(ada)
  expect((await download(token)).posts).toHaveLength(205)
  await posts(10).execute(api.db)
  await ada.calls.users.export()
  await api.drainJobs()
  const mail = api.mailbox.to(ada.email).at(-1)
  expect(mail?.subject).toBe('Your data is too large for a link')
  expect(mail?.text).not.toContain('#token=')
  const rows = await api.db
    .selectFrom('exports')
    .select('content')
    .where('userId', '=', ada.user.id)
    .execute()
  expect(rows).toEqual([{ content: null }])
})

it('what waits to be fetched says nothing to who reads the database, and neither does its job', async () => {
  const ada = await api.person(freshName('ada'))
  await ada.calls.posts.create({ title: 'Canary9Title', body: '' })
  await ada.calls.users.export()
  const [job] = await api.waitingJobs()
  expect(job?.payload).toEqual({ exportId: expect.any(String) })
  await api.drainJobs()
  const token = api.mailbox.tokenFor(ada.email)
  await sql`delete from posts where author_id = ${ada.user.id}`.execute(api.db)
  const dump = await dumpOf(api.db)
  for (const secret of [token, 'Canary9Title', password])
    expect([secret, holds(dump, secret)]).toEqual([secret, false])
  expect(JSON.stringify(await download(token))).toContain('Canary9Title')
})
