import { sql } from 'kysely'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { inTransaction } from '../../db.ts'
import { newId } from '../../ids.ts'
import { createTestApi, type Person, type TestApi } from '../../testing/index.ts'
import { deliver } from './deliver.ts'
import { sweepNotifications } from './jobs.ts'

let api: TestApi
let ada: Person

beforeAll(async () => {
  api = await createTestApi()
  ada = await api.person('ada')
})

afterAll(() => api.stop())

const run = { id: '1', attempt: 1, signal: new AbortController().signal }

async function tell(source: string, created: string, read: string | null) {
  const data = { messageId: newId(), subject: source, message: 'm' }
  await inTransaction(api.db, (trx) =>
    deliver(trx, [ada.user.id], { content: { kind: 'admin.message', data }, source, actorId: null }),
  )
  await sql`
    update notifications set created_at = now() - ${created}::interval, read_at = now() - ${read}::interval
    where source = ${source}`.execute(api.db)
}

it('what was read is kept for 90 days, what was not for 180, and messages as long', async () => {
  await tell('Read long ago', '100 days', '90 days 1 minute')
  await tell('Read lately', '100 days', '89 days')
  await tell('Unread', '179 days', null)
  await tell('Unread for ever', '180 days 1 minute', null)
  await tell('Read at last', '180 days 1 minute', '1 day')
  const root = await api.person('root', { role: 'admin' })
  for (const days of [179, 181]) {
    const texts = { subject: `${days}`, message: 'm' }
    const { id } = await root.calls.notifications.send({ to: { userId: ada.user.id }, ...texts })
    await sql`update messages set created_at = now() - make_interval(days => ${days}) where id = ${id}
      `.execute(api.db)
  }
  await sweepNotifications.run(api.deps, {}, run)
  const { items } = await ada.calls.notifications.list({})
  expect(items.map(({ title }) => title).toSorted()).toEqual(['Read lately', 'Unread'])
  const messages = await api.db.selectFrom('messages').select('subject').execute()
  expect(messages).toEqual([{ subject: '179' }])
})

it('with a person goes all that they were told, chose and were sent', async () => {
  const nora = await api.person('nora')
  const root = await api.person('rita', { role: 'admin' })
  await nora.calls.notifications.preferences.update({ 'admin.message': { digest: true } })
  await root.calls.notifications.send({ to: { userId: nora.user.id }, subject: 's', message: 'm' })
  await api.drainJobs()
  await sql`insert into digests (user_id, day) values (${nora.user.id}, '2026-01-01')`.execute(api.db)
  const count = async () => {
    const { rows } = await sql<{ count: number }>`
      select (select count(*) from notifications where user_id = ${nora.user.id})::int
        + (select count(*) from notification_preferences where user_id = ${nora.user.id})::int
        + (select count(*) from messages where recipient_id = ${nora.user.id})::int
        + (select count(*) from digests where user_id = ${nora.user.id})::int as count`.execute(api.db)
    return rows[0]!.count
  }
  expect(await count()).toBe(4)
  await sql`delete from users where id = ${nora.user.id}`.execute(api.db)
  expect(await count()).toBe(0)
})

it('with its sender a message loses their id alone', async () => {
  const rosa = await api.person('rosa', { role: 'admin' })
  await rosa.calls.notifications.send({ to: { role: 'admin' }, subject: 'By rosa', message: 'm' })
  await sql`delete from users where id = ${rosa.user.id}`.execute(api.db)
  const rows = api.db.selectFrom('messages').select('senderId').where('subject', '=', 'By rosa')
  expect(await rows.execute()).toEqual([{ senderId: null }])
})
