import { sql } from 'kysely'
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest'
import { newId } from '../../ids.ts'
import { createTestApi, type Person, type TestApi } from '../../testing/index.ts'
import { refusalOf } from '../../testing/refusal.ts'
import { handOutMessage } from './messages.ts'

let api: TestApi
let ada: Person
let bob: Person
let root: Person

beforeAll(async () => {
  api = await createTestApi()
  ada = await api.person('ada')
  bob = await api.person('bob')
  root = await api.person('root', { role: 'admin' })
})

beforeEach(async () => {
  await sql`truncate notifications, messages`.execute(api.db)
  api.mailbox.sent.length = 0
})

afterAll(() => api.stop())

const texts = { subject: 'We move', message: 'Tenon is away\nfor an hour.' }

const titlesOf = async ({ calls }: Person) =>
  (await calls.notifications.list({})).items.map(({ title }) => title)

const run = { id: '1', attempt: 1, signal: new AbortController().signal }

it('a message is queued, and comes to one person by app and by mail', async () => {
  const answer = await root.calls.notifications.send({ to: { userId: ada.user.id }, ...texts })
  expect(answer).toEqual({ id: expect.any(String), status: 'queued' })
  expect(await titlesOf(ada)).toEqual([])
  await api.drainJobs()
  expect([await titlesOf(ada), await titlesOf(bob)]).toEqual([['We move'], []])
  const [mail, ...others] = api.mailbox.sent
  expect(others).toEqual([])
  expect(mail).toMatchObject({
    to: ada.email,
    subject: 'We move',
    key: expect.stringMatching(/^notifications:mail\.\d+$/),
    unsubscribeUrl: 'http://localhost:3000/settings/notifications',
  })
  expect(mail!.text).toContain('Tenon is away\nfor an hour.')
})

it('to a role it comes to everybody who holds it, and to nobody else', async () => {
  const mona = await api.person('mona', { role: 'moderator' })
  const sam = await api.person('sam', { role: 'moderator' })
  const vera = await api.person('vera', { role: 'moderator' })
  const ines = await api.person('ines', { role: 'moderator', isVerified: false })
  await sql`update users set suspended_at = now() where id = ${sam.user.id}`.execute(api.db)
  await vera.calls.users.delete()
  await root.calls.notifications.send({ to: { role: 'moderator' }, ...texts })
  await api.drainJobs()
  const rows = await api.db.selectFrom('notifications').select('userId').execute()
  expect(rows.map(({ userId }) => userId).toSorted()).toEqual([mona.user.id, ines.user.id].toSorted())
  // Nobody confirmed that the other address is hers; and who left is told that, and no more.
  const told = api.mailbox.sent.filter(({ subject }) => subject === 'We move')
  expect(told.map(({ to }) => to)).toEqual([mona.email])
})

it('a role of many is told in batches, each person once, although each job runs twice', async () => {
  await sql`
    insert into users (id, email, username, password_hash, role)
    select gen_random_uuid(), 'many_' || n || '@example.com', 'many_' || n, 'none', 'moderator'
    from generate_series(1, 450) n`.execute(api.db)
  const { id: messageId } = await root.calls.notifications.send({ to: { role: 'moderator' }, ...texts })
  const many = sql<{ told: number; people: number }>`
    select count(*)::int as told, count(distinct user_id)::int as people from notifications
    where user_id in (select id from users where username like 'many%')`
  const jobsWaiting = async () => (await api.waitingJobs()).filter(({ name }) => name.endsWith('hand-out'))
  await handOutMessage.run(api.deps, { messageId }, run)
  await handOutMessage.run(api.deps, { messageId }, run)
  expect((await many.execute(api.db)).rows[0]!.told).toBeLessThan(450)
  // The first, which was run here beside the queue, and one for the next batch, however often that was enqueued.
  expect(await jobsWaiting()).toHaveLength(2)
  await api.drainJobs()
  expect((await many.execute(api.db)).rows).toEqual([{ told: 450, people: 450 }])
  await sql`delete from users where username like 'many%'`.execute(api.db)
})

it('nobody without the permission sends', async () => {
  const mona = await api.person('mona2', { role: 'moderator' })
  for (const { calls } of [ada, mona]) {
    const call = calls.notifications.send({ to: { userId: bob.user.id }, ...texts })
    expect(await refusalOf(call)).toMatchObject({ code: 'FORBIDDEN' })
  }
})

it('to somebody who is not there nothing is sent', async () => {
  const rosa = await api.person('rosa')
  await rosa.calls.users.delete()
  for (const userId of [newId(), rosa.user.id]) {
    const call = root.calls.notifications.send({ to: { userId }, ...texts })
    expect(await refusalOf(call)).toMatchObject({ code: 'NOT_FOUND' })
  }
  expect(await api.db.selectFrom('messages').select('id').execute()).toEqual([])
})

it.each([
  ['nobody', { to: {} }, 'to'],
  ['one person and a role', { to: { userId: newId(), role: 'user' } }, 'to'],
  ['a role that is none', { to: { role: 'owner' } }, 'to'],
  ['a blank subject', { subject: ' ' }, 'subject'],
  ['a subject of two lines', { subject: 'a\nBcc: b' }, 'subject'],
  ['a long subject', { subject: 'a'.repeat(201) }, 'subject'],
  ['a blank message', { message: '\n' }, 'message'],
  ['a long message', { message: 'a'.repeat(2_001) }, 'message'],
])('a message with %s is refused', async (_, wrong, path) => {
  const given = { to: { role: 'admin' }, ...texts, ...wrong }
  const refusal = await refusalOf(root.calls.notifications.send(given as never))
  expect(refusal.code).toBe('VALIDATION_ERROR')
  expect(Object.keys((refusal.details as { fields: object }).fields).join()).toContain(path)
})

it('who sent what to whom is in the log, the message is not', async () => {
  const { id: messageId } = await root.calls.notifications.send({ to: { role: 'admin' }, ...texts })
  const { items } = await root.calls.admin.audit.list({ action: 'notification.sent', limit: 1 })
  expect(items[0]).toMatchObject({
    actorId: root.user.id,
    subjectId: null,
    details: { messageId, role: 'admin', subject: 'We move' },
  })
  expect(JSON.stringify(items)).not.toContain('away')
})

it('the payload of a job holds no text of the message', async () => {
  await root.calls.notifications.send({ to: { userId: ada.user.id }, ...texts })
  expect(JSON.stringify(await api.waitingJobs())).not.toMatch(/We move|away/)
  await api.drainJobs()
})

it('a message whose sender is erased is still handed out', async () => {
  const rita = await api.person('rita', { role: 'admin' })
  await rita.calls.notifications.send({ to: { userId: ada.user.id }, ...texts })
  await sql`delete from users where id = ${rita.user.id}`.execute(api.db)
  await api.drainJobs()
  expect(await titlesOf(ada)).toEqual(['We move'])
})

it('whoever left, lost their address or was suspended before the mail went is not mailed', async () => {
  const people = [await api.person('una'), await api.person('uma'), await api.person('udo')]
  for (const { user } of people) await root.calls.notifications.send({ to: { userId: user.id }, ...texts })
  api.mailbox.failure = new Error('busy')
  await api.drainJobs()
  api.mailbox.failure = undefined
  await people[0]!.calls.users.delete()
  await sql`update users set email_verified_at = null where id = ${people[1]!.user.id}`.execute(api.db)
  await sql`update users set suspended_at = now() where id = ${people[2]!.user.id}`.execute(api.db)
  await api.makeJobsDue()
  await api.drainJobs()
  expect(api.mailbox.sent.filter(({ subject }) => subject === 'We move')).toEqual([])
})

it('a mail that is tried again is the same mail', async () => {
  await root.calls.notifications.send({ to: { userId: ada.user.id }, ...texts })
  const keys: string[] = []
  const send = api.deps.mailer.send
  api.deps.mailer.send = async (mail) => {
    keys.push(mail.key)
    if (keys.length === 1) throw new Error('busy')
  }
  await api.drainJobs()
  await api.makeJobsDue()
  await api.drainJobs()
  api.deps.mailer.send = send
  expect(keys).toEqual([keys[0], keys[0]])
})

it('one sends 60 messages an hour at most', async () => {
  const limited = await createTestApi({ rateLimitFactor: 1 / 30 })
  const rosi = await limited.person('rosi', { role: 'admin' })
  const send = () => rosi.calls.notifications.send({ to: { role: 'admin' }, ...texts })
  await send()
  await send()
  expect(await refusalOf(send())).toMatchObject({ code: 'RATE_LIMITED' })
  await limited.stop()
})
