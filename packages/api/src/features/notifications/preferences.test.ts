import { sql } from 'kysely'
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest'
import { createContext } from '../../context.ts'
import { inTransaction } from '../../db.ts'
import { newId } from '../../ids.ts'
import { appRouter } from '../../router.ts'
import { createTestApi, plainRequest, type Person, type TestApi } from '../../testing/index.ts'
import { refusalOf } from '../../testing/refusal.ts'
import { deliver } from './deliver.ts'

let api: TestApi
let ada: Person
let bob: Person

beforeAll(async () => {
  api = await createTestApi()
  ada = await api.person('ada')
  bob = await api.person('bob')
})

beforeEach(() => sql`truncate notification_preferences`.execute(api.db).then(() => {}))

afterAll(() => api.stop())

const usual = {
  'post.published': { inApp: true, mail: false, digest: false },
  'security.notice': { inApp: true, mail: true, digest: false },
  'admin.message': { inApp: true, mail: true, digest: false },
}

it('until one chooses, there is a choice for every kind', async () => {
  expect(await ada.calls.notifications.preferences.get()).toEqual(usual)
})

it('what is chosen holds, what is not named stays, and others choose for themselves', async () => {
  const { preferences } = ada.calls.notifications
  const changed = { ...usual, 'post.published': { inApp: true, mail: false, digest: true } }
  expect(await preferences.update({ 'post.published': { digest: true } })).toEqual(changed)
  expect(await preferences.update({})).toEqual(changed)
  const again = await preferences.update({ 'post.published': { inApp: false }, 'admin.message': {} })
  expect(again['post.published']).toEqual({ inApp: false, mail: false, digest: true })
  expect(await preferences.get()).toEqual(again)
  expect(await bob.calls.notifications.preferences.get()).toEqual(usual)
})

it('choices that are made at once all hold', async () => {
  const { preferences } = ada.calls.notifications
  for (const on of [false, true, false, true, false]) {
    await Promise.all([
      preferences.update({ 'admin.message': { mail: on } }),
      preferences.update({ 'admin.message': { digest: !on } }),
      preferences.update({ 'admin.message': { inApp: on } }),
    ])
    const chosen = await preferences.get()
    expect(chosen['admin.message']).toEqual({ inApp: on, mail: on, digest: !on })
  }
})

it('security notices cannot be switched off; to send back what one read is fine', async () => {
  const { preferences } = ada.calls.notifications
  const call = preferences.update({
    'security.notice': { mail: false, inApp: false },
    'admin.message': { mail: false },
  })
  expect(await refusalOf(call)).toMatchObject({
    code: 'VALIDATION_ERROR',
    details: {
      fields: {
        'security.notice.mail': ['Cannot be changed'],
        'security.notice.inApp': ['Cannot be changed'],
      },
    },
  })
  expect(await preferences.update(await preferences.get())).toEqual(usual)
})

it.each([
  ['a kind that there is not', { 'post.praised': { mail: true } }, 'post.praised'],
  ['a channel that there is not', { 'admin.message': { pigeon: true } }, 'admin.message.pigeon'],
  ['what is neither on nor off', { 'admin.message': { mail: 'yes' } }, 'admin.message.mail'],
])('%s is refused', async (_, given, path) => {
  const refusal = await refusalOf(ada.calls.notifications.preferences.update(given as never))
  expect(refusal).toMatchObject({
    code: 'VALIDATION_ERROR',
    details: { fields: { [path]: expect.any(Array) } },
  })
})

it('nobody chooses after deleting their own account in the same batch', async () => {
  const vera = await api.person('vera')
  const request = { ...plainRequest(), authorization: `Bearer ${vera.token}` }
  const batch = appRouter.createCaller(await createContext(api.deps, request, { setCookie: () => {} }))
  await batch.users.delete()
  const call = batch.notifications.preferences.update({ 'admin.message': { mail: false } })
  expect(await refusalOf(call)).toMatchObject({ code: 'UNAUTHORIZED' })
})

it.each([
  ['in the app alone', { inApp: true, mail: false, digest: false }],
  ['by mail alone', { inApp: false, mail: true, digest: false }],
  ['in the digest alone', { inApp: false, mail: false, digest: true }],
  ['not at all', { inApp: false, mail: false, digest: false }],
])('whoever wants to be told %s, is', async (_, channels) => {
  await sql`truncate notifications, live_events`.execute(api.db)
  await api.drainJobs()
  api.mailbox.sent.length = 0
  await ada.calls.notifications.preferences.update({ 'admin.message': channels })
  const data = { messageId: newId(), subject: 'We move', message: 'On Sunday.' }
  await inTransaction(api.db, (trx) =>
    deliver(trx, [ada.user.id], { content: { kind: 'admin.message', data }, source: 'x', actorId: null }),
  )
  await api.drainJobs()
  const { rows } = await sql<{ inDigest: boolean }>`select in_digest from notifications`.execute(api.db)
  const events = await api.db.selectFrom('liveEvents').select('id').execute()
  expect({
    listed: (await ada.calls.notifications.list({})).items.length,
    unread: (await ada.calls.notifications.unreadCount()).count,
    streamed: events.length,
    mailed: api.mailbox.sent.length,
    inDigest: rows.filter(({ inDigest }) => inDigest).length,
    rows: rows.length,
  }).toEqual({
    listed: Number(channels.inApp),
    unread: Number(channels.inApp),
    streamed: Number(channels.inApp),
    mailed: Number(channels.mail),
    inDigest: Number(channels.digest),
    rows: Number(channels.inApp || channels.mail || channels.digest),
  })
})
