import { sql } from 'kysely'
import { afterAll, afterEach, beforeAll, expect, it, vi } from 'vitest'
import type { IncomingRequest } from '../../context.ts'
import { createTestApi, password, type Person, type TestApi } from '../../testing/index.ts'
import { sweepCredentials } from './jobs.ts'

let api: TestApi

beforeAll(async () => {
  api = await createTestApi()
})

afterAll(() => api.stop())

afterEach(() => vi.restoreAllMocks())

const newPassword = 'Another7Horse'

const firefox = 'Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0'
const newerFirefox = 'Mozilla/5.0 (X11; Linux x86_64; rv:152.0) Gecko/20100101 Firefox/152.0'
const phone =
  'Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5 Mobile/15E148 Safari/604.1'

const home = { ip: '203.0.113.7', userAgent: firefox }

async function signIn({ email }: Pick<Person, 'email'>, request: Partial<IncomingRequest>, given = password) {
  const { token } = await api.callerOf(request).auth.signIn({ email, password: given, tokenInBody: true })
  return api.callerOf({ ...request, authorization: `Bearer ${token}` })
}

/** Somebody who has signed in at home, and been told nothing of it. */
async function known(name: string) {
  const person = await api.person(name)
  await signIn(person, home)
  return person
}

async function noticesTo({ email }: Pick<Person, 'email'>) {
  await api.drainJobs()
  return api.mailbox.to(email)
}

it('the first sign-in of an account tells nobody', async () => {
  expect(await noticesTo(await known('ada'))).toEqual([])
})

it('the same browser on the same network tells nobody, nor does its next version', async () => {
  const bob = await known('bob')
  await signIn(bob, home)
  await signIn(bob, { ...home, userAgent: newerFirefox })
  await signIn(bob, { ...home, ip: '::ffff:203.0.113.7' })
  expect(await noticesTo(bob)).toEqual([])
})

it('another browser is told of, once, with the device, the address and the time', async () => {
  const carol = await known('carol')
  await signIn(carol, { ...home, userAgent: phone })
  await signIn(carol, { ...home, userAgent: phone })
  const [notice, ...more] = await noticesTo(carol)
  expect(more).toEqual([])
  expect(notice).toMatchObject({ subject: 'A new device signed in', to: carol.email })
  const now = new Date().toISOString()
  expect(notice!.text).toContain('Safari on iOS, from 203.0.113.7, on ')
  expect(notice!.text).toMatch(new RegExp(`${now.slice(0, 10)} at \\d{2}:\\d{2} UTC`))
})

it('another network is told of, and another address of the same IPv6 network is not', async () => {
  const dora = await known('dora')
  await signIn(dora, { ...home, ip: '2001:db8:1:2::1' })
  await signIn(dora, { ...home, ip: '2001:db8:1:2::9' })
  const notices = await noticesTo(dora)
  expect(notices.map(({ text }) => /from (\S+), on/.exec(text)?.[1])).toEqual(['2001:db8:1:2::1'])
})

it('the mail goes to the stored address, however it was typed', async () => {
  const erin = await known('erin')
  await signIn({ email: 'ERIN@Example.com' }, { ...home, userAgent: phone })
  expect((await noticesTo(erin)).map(({ to }) => to)).toEqual([erin.email])
})

it('a thief who ends the session at once is told of all the same', async () => {
  const fay = await known('fay')
  const thief = await signIn(fay, { ip: '198.51.100.9', userAgent: 'curl/8.5.0' })
  await thief.auth.signOut()
  const [notice] = await noticesTo(fay)
  expect(notice!.text).toContain('curl, from 198.51.100.9')
})

it('a refused sign-in makes no device known', async () => {
  const gail = await known('gail')
  await expect(signIn(gail, { ...home, userAgent: phone }, 'Wrong7Horse')).rejects.toThrow()
  await signIn(gail, { ...home, userAgent: phone })
  expect(await noticesTo(gail)).toHaveLength(1)
})

it('of one new device that signs in twice at once one mail tells', async () => {
  const hana = await known('hana')
  await Promise.all([
    signIn(hana, { ...home, userAgent: phone }),
    signIn(hana, { ...home, userAgent: phone }),
  ])
  expect(await noticesTo(hana)).toHaveLength(1)
})

it("another person's device is new to me", async () => {
  const iris = await known('iris')
  const june = await known('june')
  await signIn(june, { ...home, userAgent: phone })
  await signIn(iris, { ...home, userAgent: phone })
  expect(await noticesTo(iris)).toHaveLength(1)
})

async function forget(person: Person, days: number) {
  await sql`
    update known_devices set last_seen_at = last_seen_at - make_interval(days => ${days})
    where user_id = ${person.user.id}`.execute(api.db)
  await sweepCredentials.run(api.deps, {}, { id: '1', attempt: 1, signal: new AbortController().signal })
}

const devicesOf = ({ user }: Person) =>
  api.db.selectFrom('knownDevices').select('device').where('userId', '=', user.id).execute()

it('a device is forgotten 180 days after it was last used, and no sooner', async () => {
  const kira = await known('kira')
  await forget(kira, 1)
  await signIn(kira, { ...home, userAgent: phone })
  await forget(kira, 178)
  expect(await devicesOf(kira)).toHaveLength(2)
  await forget(kira, 1)
  expect(await devicesOf(kira)).toEqual([{ device: 'Safari on iOS' }])
})

it('who was away for a year is told of a new device, as the last one they used is not forgotten', async () => {
  const liz = await known('liz')
  await forget(liz, 365)
  await signIn(liz, { ip: '198.51.100.9', userAgent: 'curl/8.5.0' })
  expect(await noticesTo(liz)).toHaveLength(1)
})

it('a changed password is told of, with the device, the address and the time', async () => {
  const lou = await api.person('lou')
  const calls = api.callerOf({ authorization: `Bearer ${lou.token}`, userAgent: phone })
  await calls.auth.password.change({ currentPassword: password, newPassword })
  const [notice, ...more] = await noticesTo(lou)
  expect(more).toEqual([])
  expect(notice).toMatchObject({ subject: 'Your password was changed' })
  expect(notice!.text).toMatch(/Safari on iOS, from 203\.0\.113\.7, on \d{4}-\d{2}-\d{2} at \d{2}:\d{2} UTC/)
})

it('a password that was reset is told of', async () => {
  const mia = await api.person('mia')
  await api.nobody.auth.password.requestReset({ email: mia.email })
  await api.drainJobs()
  const token = api.mailbox.tokenFor(mia.email)
  await api.callerOf({ userAgent: 'curl/8.5.0' }).auth.password.reset({ token, password: newPassword })
  const notice = (await noticesTo(mia)).at(-1)!
  expect(notice).toMatchObject({ subject: 'Your password was changed' })
  expect(notice.text).toContain('curl, from 203.0.113.7')
})

async function resetPassword({ email }: Person) {
  await api.nobody.auth.password.requestReset({ email })
  await api.drainJobs()
  await api.nobody.auth.password.reset({ token: api.mailbox.tokenFor(email), password: newPassword })
}

const newDeviceNotices = async (person: Person) =>
  (await noticesTo(person)).filter(({ subject }) => subject === 'A new device signed in')

it('after a reset no device is known, so that one of a thief is told of, and so is one’s own, once', async () => {
  const olga = await known('olga')
  await signIn(olga, { ...home, userAgent: phone })
  await resetPassword(olga)
  expect(await newDeviceNotices(olga)).toHaveLength(1)
  await signIn(olga, { ...home, userAgent: phone }, newPassword)
  expect(await newDeviceNotices(olga)).toHaveLength(2)
  await signIn(olga, home, newPassword)
  await signIn(olga, home, newPassword)
  expect(await newDeviceNotices(olga)).toHaveLength(3)
})

it('after an undone change of the address no device is known, the thief’s neither', async () => {
  const pia = await known('pia')
  const thief = await signIn(pia, { ip: '198.51.100.9', userAgent: 'curl/8.5.0' })
  await thief.auth.email.change({ email: 'thief@example.com' })
  await api.drainJobs()
  await api.nobody.auth.email.undoChange({ token: api.mailbox.tokenFor(pia.email) })
  expect(await devicesOf(pia)).toEqual([{ device: 'curl' }])
  const hash = await api.deps.hasher.hash(newPassword)
  await api.db.updateTable('users').set({ passwordHash: hash }).where('id', '=', pia.user.id).execute()
  await signIn(pia, { ip: '198.51.100.9', userAgent: 'curl/8.5.0' }, newPassword)
  expect(await newDeviceNotices(pia)).toHaveLength(2)
})

it('a reset before the first sign-in leaves that one the first', async () => {
  const rosa = await api.person('rosa')
  await resetPassword(rosa)
  await signIn(rosa, home, newPassword)
  expect(await newDeviceNotices(rosa)).toEqual([])
})

it('an agent that is a stranger’s text is not repeated in the mail', async () => {
  const nora = await known('nora')
  await signIn(nora, { ...home, userAgent: `evil<img src=x>/1.0 ${'call 555-0100 '.repeat(1000)}` })
  const [notice] = await noticesTo(nora)
  expect(notice!.text).toContain('Unknown program, from 203.0.113.7')
  expect(notice!.text + notice!.html).not.toMatch(/evil|<img|555-0100/)
})
