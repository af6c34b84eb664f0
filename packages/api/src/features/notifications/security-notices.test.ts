import { sql } from 'kysely'
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest'
import { createTestApi, password, type Person, type TestApi } from '../../testing/index.ts'

let api: TestApi
let ada: Person

beforeAll(async () => {
  api = await createTestApi()
  ada = await api.person('ada')
})

beforeEach(async () => {
  await api.drainJobs()
  await sql`truncate notifications, live_events`.execute(api.db)
  api.mailbox.sent.length = 0
})

afterAll(() => api.stop())

const signIn = (userAgent: string) =>
  api.callerOf({ userAgent }).auth.signIn({ email: ada.email, password, tokenInBody: true })

it('a new device is told in the app as well as by mail, a known one not', async () => {
  await signIn('Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0')
  await signIn('curl/8.0')
  await signIn('curl/8.0')
  const { items } = await ada.calls.notifications.list({})
  const { items: events } = await ada.calls.auth.events({ action: 'session.started' })
  expect(items).toMatchObject([
    {
      kind: 'security.notice',
      title: 'A new device signed in',
      url: 'http://localhost:3000/settings/sessions',
      data: { eventId: events[1]!.id, action: 'session.started' },
    },
  ])
  await api.drainJobs()
  expect(api.mailbox.sent.map(({ subject }) => subject)).toEqual(['A new device signed in'])
})

it('a changed password is told in the app, and mailed once', async () => {
  await ada.calls.auth.password.change({ currentPassword: password, newPassword: 'Another7Horse' })
  await api.drainJobs()
  const { items } = await ada.calls.notifications.list({})
  expect(items.map(({ title }) => title)).toEqual(['Your password was changed'])
  expect(api.mailbox.sent.map(({ subject }) => subject)).toEqual(['Your password was changed'])
})

it('what did not happen is not told', async () => {
  const call = ada.calls.auth.password.change({ currentPassword: password, newPassword: 'Another8Horse' })
  await expect(call).rejects.toThrow('wrong')
  expect((await ada.calls.notifications.list({})).items).toEqual([])
})

it('whoever leaves is told by mail alone', async () => {
  const vera = await api.person('vera')
  await vera.calls.users.delete()
  await api.drainJobs()
  expect(api.mailbox.to(vera.email).map(({ subject }) => subject)).toEqual(['Your account is deleted'])
  const rows = await api.db.selectFrom('notifications').select('id').execute()
  expect(rows).toEqual([])
})
