import { afterAll, beforeAll, expect, it } from 'vitest'
import { createContext } from '../../context.ts'
import { newId } from '../../ids.ts'
import { appRouter } from '../../router.ts'
import { freshName } from '../../testing/callers.ts'
import { createTestApi, password, plainRequest, type Person, type TestApi } from '../../testing/index.ts'
import { refusalOf } from '../../testing/refusal.ts'

let api: TestApi
let root: Person
let mona: Person

beforeAll(async () => {
  api = await createTestApi()
  root = await api.person('root', { role: 'admin' })
  mona = await api.person('mona', { role: 'moderator' })
})

afterAll(() => api.stop())

const fresh = (name: string, role?: 'moderator' | 'admin') =>
  api.person(freshName(name), role ? { role } : {})

const signIn = (email: string, given = password) =>
  api.nobody.auth.signIn({ email, password: given, tokenInBody: true })

const eventsOf = async ({ user }: Person) =>
  (await root.calls.admin.audit.list({ subjectId: user.id })).items.map(({ action }) => action)

it('the staff see a person with their sessions, newest posts and latest events', async () => {
  const ada = await fresh('ada')
  const { id: postId } = await ada.calls.posts.create({ title: 'Shown', body: '', publish: true })
  await ada.calls.posts.create({ title: 'A draft is ada’s alone', body: '' })
  await signIn(ada.email)
  const shown = await mona.calls.admin.users.get({ id: ada.user.id })
  expect(shown).toMatchObject({ ...ada.user, suspendedAt: null, deletedAt: null })
  expect(shown.sessions.map(({ current, device }) => [current, device])).toEqual([
    [false, 'Firefox on Linux'],
    [false, 'Firefox on Linux'],
  ])
  expect(shown.posts.map(({ id }) => id)).toEqual([postId])
  expect(shown.events.map(({ action }) => action)).toEqual(['session.started', 'user.created'])
})

it('of an admin a moderator sees neither sessions nor events', async () => {
  const { sessions, events } = await root.calls.admin.users.get({ id: root.user.id })
  expect([sessions.length > 0, events.length > 0]).toEqual([true, true])
  const shown = await mona.calls.admin.users.get({ id: root.user.id })
  expect(shown).toMatchObject({ username: 'root', sessions: [], events: [] })
})

it('of what others of the staff did a moderator sees who, what and why, and not from where', async () => {
  const ada = await fresh('ada')
  const { id } = ada.user
  const admins = api.callerOf({ authorization: `Bearer ${root.token}`, ip: '198.51.100.77' })
  await admins.admin.users.suspend({ id, reason: 'Spam' })
  await mona.calls.admin.users.restore({ id })
  await refusalOf(signIn(ada.email, 'Wrong7Horse'))
  await signIn(ada.email)
  const placesSeenBy = async ({ calls }: Person) =>
    (await calls.admin.users.get({ id })).events.map(({ action, ip, device }) => [action, ip, device])
  const firefox = 'Firefox on Linux'
  const own = [
    ['session.started', '203.0.113.7', firefox],
    ['session.started', '203.0.113.7', firefox],
    ['user.restored', '203.0.113.7', firefox],
  ]
  const created = ['user.created', null, null]
  expect(await placesSeenBy(mona)).toEqual([...own, ['user.suspended', null, null], created])
  expect(await placesSeenBy(root)).toEqual([...own, ['user.suspended', '198.51.100.77', firefox], created])
  const { events } = await mona.calls.admin.users.get({ id })
  expect(events).toContainEqual(
    expect.objectContaining({ actorId: root.user.id, details: { reason: 'Spam' } }),
  )
})

it('staff who were suspended or demoted while their call waited act no more', async () => {
  const sam = await fresh('sam')
  for (const change of [{ suspendedAt: new Date() }, { role: 'user' as const }]) {
    const otto = await fresh('otto', 'moderator')
    const request = { ...plainRequest(), authorization: `Bearer ${otto.token}` }
    const admitted = appRouter.createCaller(await createContext(api.deps, request, { setCookie: () => {} }))
    await api.db.updateTable('users').set(change).where('id', '=', otto.user.id).execute()
    const call = admitted.admin.users.suspend({ id: sam.user.id })
    expect(await refusalOf(call)).toMatchObject({ code: change.role ? 'FORBIDDEN' : 'UNAUTHORIZED' })
  }
  expect(await sam.calls.users.me()).toMatchObject({ id: sam.user.id })
})

it('nobody is there under an id that is not, whatever is to be done', async () => {
  const { get, suspend, restore, setRole, endSessions, sendReset } = root.calls.admin.users
  const id = newId()
  for (const call of [get, suspend, restore, endSessions, sendReset])
    expect(await refusalOf(call({ id }))).toMatchObject({ code: 'NOT_FOUND', status: 404 })
  expect(await refusalOf(setRole({ id, role: 'user' }))).toMatchObject({ code: 'NOT_FOUND' })
})

it('who is suspended is out on the next request, and stays out; only who knows the password is told why', async () => {
  const sam = await fresh('sam')
  const { accessToken } = await sam.calls.auth.accessToken()
  const suspended = await mona.calls.admin.users.suspend({ id: sam.user.id, reason: 'Spam' })
  expect(suspended.suspendedAt).toEqual(expect.any(String))
  const withAccessToken = api.callerOf({ authorization: `Bearer ${accessToken}` })
  for (const calls of [sam.calls, withAccessToken])
    expect(await refusalOf(calls.users.me())).toMatchObject({ code: 'UNAUTHORIZED', status: 401 })
  expect(await refusalOf(signIn(sam.email))).toMatchObject({ code: 'ACCOUNT_SUSPENDED', status: 403 })
  expect(await refusalOf(signIn(sam.email, 'Wrong7Horse'))).toEqual(
    await refusalOf(signIn('none@example.com')),
  )
  expect((await root.calls.admin.users.get({ id: sam.user.id })).sessions).toEqual([])
})

it('a suspension alone keeps somebody out, should a session be left', async () => {
  const sam = await fresh('sam')
  await api.db.updateTable('users').set({ suspendedAt: new Date() }).where('id', '=', sam.user.id).execute()
  expect(await refusalOf(sam.calls.users.me())).toMatchObject({ code: 'UNAUTHORIZED' })
})

it('links that were mailed before a suspension are dead, also when it is lifted', async () => {
  const sam = await fresh('sam')
  await api.nobody.auth.password.requestReset({ email: sam.email })
  await api.drainJobs()
  const token = api.mailbox.tokenFor(sam.email)
  await sam.calls.auth.email.change({ email: `new_${sam.email}` })
  await api.drainJobs()
  const changeToken = api.mailbox.tokenFor(`new_${sam.email}`)
  await mona.calls.admin.users.suspend({ id: sam.user.id })
  await mona.calls.admin.users.restore({ id: sam.user.id })
  const reset = api.nobody.auth.password.reset({ token, password: 'Another7Horse' })
  expect(await refusalOf(reset)).toMatchObject({ code: 'TOKEN_INVALID' })
  const change = api.nobody.auth.email.confirmChange({ token: changeToken })
  expect(await refusalOf(change)).toMatchObject({ code: 'TOKEN_INVALID' })
})

it('a link that a suspension overtakes is not mailed', async () => {
  const sam = await fresh('sam')
  await api.nobody.auth.password.requestReset({ email: sam.email })
  await mona.calls.admin.users.suspend({ id: sam.user.id })
  await api.drainJobs()
  expect(api.mailbox.to(sam.email)).toEqual([])
})

it('suspending twice is harmless, and so is restoring twice', async () => {
  const sam = await fresh('sam')
  const { id } = sam.user
  const first = await mona.calls.admin.users.suspend({ id, reason: 'Spam' })
  const second = await root.calls.admin.users.suspend({ id, reason: 'More spam' })
  expect(second).toEqual(first)
  expect(await mona.calls.admin.users.restore({ id })).toMatchObject({ suspendedAt: null })
  expect(await mona.calls.admin.users.restore({ id })).toMatchObject({ suspendedAt: null })
  expect(await signIn(sam.email)).toMatchObject({ user: { id } })
  expect(await eventsOf(sam)).toEqual(['session.started', 'user.restored', 'user.suspended', 'user.created'])
})

it('a role holds on the next request, in both directions', async () => {
  const lena = await fresh('lena')
  const { id } = lena.user
  expect(await refusalOf(lena.calls.admin.users.list({}))).toMatchObject({ code: 'FORBIDDEN', status: 403 })
  expect(await root.calls.admin.users.setRole({ id, role: 'moderator' })).toMatchObject({ role: 'moderator' })
  expect((await lena.calls.admin.users.list({ limit: 1 })).items).toHaveLength(1)
  await root.calls.admin.users.setRole({ id, role: 'user' })
  expect(await refusalOf(lena.calls.admin.users.list({}))).toMatchObject({ code: 'FORBIDDEN' })
})

it('the same role again changes nothing, and is no event', async () => {
  const lena = await fresh('lena')
  const before = await root.calls.admin.users.get({ id: lena.user.id })
  await root.calls.admin.users.setRole({ id: lena.user.id, role: 'user' })
  expect(await root.calls.admin.users.get({ id: lena.user.id })).toEqual(before)
})

it('all sessions of a person end, and how many there were is told', async () => {
  const lena = await fresh('lena')
  await signIn(lena.email)
  await signIn(lena.email)
  expect(await mona.calls.admin.users.endSessions({ id: lena.user.id })).toEqual({ revoked: 3 })
  expect(await refusalOf(lena.calls.users.me())).toMatchObject({ code: 'UNAUTHORIZED' })
  expect(await mona.calls.admin.users.endSessions({ id: lena.user.id })).toEqual({ revoked: 0 })
  expect(await signIn(lena.email)).toMatchObject({ user: { id: lena.user.id } })
})

it('a link to set a new password goes to the stored address, and works', async () => {
  const lena = await fresh('lena')
  expect(await root.calls.admin.users.sendReset({ id: lena.user.id })).toEqual({ ok: true })
  await api.drainJobs()
  expect(api.mailbox.to(lena.email).map(({ subject }) => subject)).toEqual(['Set a new password'])
  await api.nobody.auth.password.reset({ token: api.mailbox.tokenFor(lena.email), password: 'Another7Horse' })
  expect(await signIn(lena.email, 'Another7Horse')).toMatchObject({ user: { id: lena.user.id } })
})

it('who is suspended can set a new password, and stays suspended until that is lifted', async () => {
  const sam = await fresh('sam')
  const { id } = sam.user
  await mona.calls.admin.users.suspend({ id })
  expect(await root.calls.admin.users.sendReset({ id })).toEqual({ ok: true })
  await api.drainJobs()
  const newPassword = 'Another7Horse'
  const token = api.mailbox.tokenFor(sam.email)
  expect(await api.nobody.auth.password.reset({ token, password: newPassword })).toBeNull()
  expect(await refusalOf(signIn(sam.email, newPassword))).toMatchObject({ code: 'ACCOUNT_SUSPENDED' })
  await mona.calls.admin.users.restore({ id })
  expect(await refusalOf(signIn(sam.email))).toMatchObject({ code: 'INVALID_CREDENTIALS' })
  expect(await signIn(sam.email, newPassword)).toHaveProperty('token')
})

it('a moderator does nothing to an admin or another moderator, an admin to both', async () => {
  const { suspend, restore, endSessions } = mona.calls.admin.users
  const { id } = root.user
  for (const call of [suspend, restore, endSessions])
    expect(await refusalOf(call({ id }))).toMatchObject({
      code: 'FORBIDDEN',
      message: 'They may do as much as you, or more.',
    })
  expect(await root.calls.users.me()).toMatchObject({ role: 'admin' })
  const otto = await fresh('otto', 'moderator')
  expect(await refusalOf(suspend({ id: otto.user.id }))).toMatchObject({ code: 'FORBIDDEN' })
  const ida = await fresh('ida', 'admin')
  for (const { user } of [otto, ida])
    expect(await root.calls.admin.users.suspend({ id: user.id })).toMatchObject({
      suspendedAt: expect.any(String),
    })
})

it('nobody but an admin gives a role, to themselves neither', async () => {
  const lena = await fresh('lena')
  for (const { calls, user } of [mona, lena]) {
    const call = calls.admin.users.setRole({ id: user.id, role: 'admin' })
    expect(await refusalOf(call)).toMatchObject({ code: 'FORBIDDEN' })
    expect(await calls.users.me()).toMatchObject({ role: user.role })
  }
})

it('who is deleted can lose a role, and be suspended: then there is no way back', async () => {
  const gone = await fresh('gone', 'moderator')
  await gone.calls.users.delete()
  const { id } = gone.user
  expect(await root.calls.admin.users.setRole({ id, role: 'user' })).toMatchObject({ role: 'user' })
  const suspended = await mona.calls.admin.users.suspend({ id })
  expect(suspended).toMatchObject({ suspendedAt: expect.any(String), deletedAt: expect.any(String) })
  expect(await refusalOf(signIn(gone.email))).toMatchObject({ code: 'ACCOUNT_SUSPENDED' })
})
