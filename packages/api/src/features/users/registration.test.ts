import { sql } from 'kysely'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { createTestApi, password, type TestApi } from '../../testing/index.ts'
import { dumpOf, holds } from '../../testing/dump.ts'
import { refusalOf } from '../../testing/refusal.ts'
import { eraseUsers } from './jobs.ts'

let api: TestApi

beforeAll(async () => {
  api = await createTestApi({ isPatient: true })
})

afterAll(() => api.stop())

const register = (given: object) => api.nobody.users.create(given as never)

const run = { id: '1', attempt: 1, signal: new AbortController().signal }

it('registration answers with the user, and with no password field', async () => {
  const grace = await register({ email: 'grace@example.com', username: 'grace', password, name: 'Grace' })
  expect(Object.keys(grace).toSorted()).toEqual(
    ['id', 'username', 'name', 'createdAt', 'email', 'emailVerified', 'role', 'updatedAt'].toSorted(),
  )
  expect(grace).toMatchObject({
    email: 'grace@example.com',
    name: 'Grace',
    emailVerified: false,
    role: 'user',
  })
})

it('a name may be left out, and is null then', async () => {
  expect(await register({ email: 'plain@example.com', username: 'plain', password })).toMatchObject({
    name: null,
  })
})

it('the password is stored nowhere, only its argon2id hash', async () => {
  await register({ email: 'hedy@example.com', username: 'hedy', password: 'Canary8Password' })
  const dump = await dumpOf(api.db)
  expect(holds(dump, 'Canary8Password')).toBe(false)
  expect(dump).toContain('$argon2id$v=19$m=19456,t=2,p=1$')
})

it('registration starts no session', async () => {
  const cookies: string[] = []
  await api.callerOf({}, cookies).users.create({ email: 'mary@example.com', username: 'mary', password })
  const { length } = await api.db.selectFrom('sessions').select('id').execute()
  expect(cookies).toEqual([])
  expect(length).toBe(0)
})

it('a link to confirm the address is mailed, to the address as it is stored', async () => {
  await register({ email: 'Joan@Example.COM', username: 'joan', password })
  await api.drainJobs()
  expect(api.mailbox.to('joan@example.com')).toHaveLength(1)
  expect(api.mailbox.tokenFor('joan@example.com')).toMatch(/^[\w-]{43}$/)
})

it('an address is one account, however it is spelled', async () => {
  await register({ email: 'Radia@Example.com', username: 'radia', password })
  const refusal = await refusalOf(register({ email: 'rADIA@eXAMPLE.com', username: 'radia2', password }))
  expect(refusal).toMatchObject({ code: 'EMAIL_TAKEN', status: 409, details: { field: 'email' } })
})

it('a username is one account, in upper and lower case', async () => {
  const barbara = await register({ email: 'barbara@example.com', username: 'Barbara', password })
  expect(barbara.username).toBe('Barbara')
  const refusal = await refusalOf(register({ email: 'b@example.com', username: 'bARBARA', password }))
  expect(refusal).toMatchObject({ code: 'USERNAME_TAKEN', status: 409, details: { field: 'username' } })
})

it('of 50 equal registrations at once one succeeds, and one mail goes out', async () => {
  const attempts = Array.from({ length: 50 }, () =>
    register({ email: 'crowd@example.com', username: 'crowd', password }).then(
      () => 'CREATED',
      (error: { apiCode: string }) => error.apiCode,
    ),
  )
  const outcomes = await Promise.all(attempts)
  expect(outcomes.filter((outcome) => outcome === 'CREATED')).toHaveLength(1)
  expect(outcomes.filter((outcome) => outcome === 'EMAIL_TAKEN')).toHaveLength(49)
  await api.drainJobs()
  expect(api.mailbox.to('crowd@example.com')).toHaveLength(1)
  const rows = await api.db
    .selectFrom('users')
    .select('id')
    .where('email', '=', 'crowd@example.com')
    .execute()
  expect(rows).toHaveLength(1)
})

it('a refused registration leaves no job behind', async () => {
  await api.drainJobs()
  await refusalOf(register({ email: 'crowd@example.com', username: 'crowd9', password }))
  expect(await api.waitingJobs()).toEqual([])
})

it('names stay reserved for seven days after deletion, then they are free', async () => {
  const ruth = await api.person('ruth')
  await ruth.calls.users.delete()
  const again = { email: 'ruth@example.com', username: 'ruth', password }
  expect(await refusalOf(register(again))).toMatchObject({ code: 'EMAIL_TAKEN' })
  expect(await refusalOf(register({ ...again, email: 'r@example.com' }))).toMatchObject({
    code: 'USERNAME_TAKEN',
  })

  await agedBy(6.9, 'ruth')
  await eraseUsers.run(api.deps, {}, run)
  expect(await refusalOf(register(again))).toMatchObject({ code: 'EMAIL_TAKEN' })

  await agedBy(0.2, 'ruth')
  await eraseUsers.run(api.deps, {}, run)
  expect(await register(again)).toMatchObject({ username: 'ruth' })
})

it('an account that nobody verifies within seven days is erased, with its sessions', async () => {
  const lise = await api.person('lise', { isVerified: false })
  const kay = await api.person('kay')
  await agedBy(7.1, 'lise')
  await agedBy(7.1, 'kay')
  await eraseUsers.run(api.deps, {}, run)
  expect(await refusalOf(lise.calls.users.me())).toMatchObject({ code: 'UNAUTHORIZED' })
  expect(await refusalOf(api.nobody.users.get({ id: lise.user.id }))).toMatchObject({ code: 'NOT_FOUND' })
  expect(await kay.calls.users.me()).toMatchObject({ username: 'kay' })
  const { rows } = await sql`select from sessions where user_id = ${lise.user.id}`.execute(api.db)
  expect(rows).toEqual([])
})

it('the names of somebody unverified stay reserved from their deletion on, too', async () => {
  const zelda = await api.person('zelda', { isVerified: false })
  await agedBy(6.9, 'zelda')
  await zelda.calls.users.delete()
  await agedBy(0.2, 'zelda')
  await eraseUsers.run(api.deps, {}, run)
  const again = { email: 'zelda@example.com', username: 'zelda', password }
  expect(await refusalOf(register(again))).toMatchObject({ code: 'EMAIL_TAKEN' })
})

async function agedBy(days: number, username: string) {
  await sql`
    update users set created_at = created_at - ${days} * interval '1 day',
                     deleted_at = deleted_at - ${days} * interval '1 day'
    where username = ${username}`.execute(api.db)
}

it.each([
  ['an address without a host', { email: 'nobody' }, 'email'],
  ['two addresses', { email: 'a@example.com,b@example.com' }, 'email'],
  ['an address with a line break', { email: 'a@example.com\r\nBcc: b@example.com' }, 'email'],
  ['a full-width letter', { email: 'ａda@example.com' }, 'email'],
  ['a dotted capital I', { email: 'İda@example.com' }, 'email'],
  ['the Kelvin sign', { email: '\u212Aay@example.com' }, 'email'],
  ['a zero-width space', { email: 'a\u200Bda@example.com' }, 'email'],
  ['a quoted local part', { email: '"a b"@example.com' }, 'email'],
  ['an address of 255', { email: `${'a'.repeat(243)}@example.com` }, 'email'],
  ['a username of 2', { username: 'ab' }, 'username'],
  ['a username of 51', { username: 'a'.repeat(51) }, 'username'],
  ['a username with a hyphen', { username: 'ada-l' }, 'username'],
  ['a username with a line break at its end', { username: 'adal\n' }, 'username'],
  ['a username in another script', { username: 'адабраво' }, 'username'],
  ['a password of 7', { password: 'Corre7H' }, 'password'],
  ['a password of 257', { password: `Aa1${'a'.repeat(254)}` }, 'password'],
  ['a password without upper case', { password: 'correct7horse' }, 'password'],
  ['a password without lower case', { password: 'CORRECT7HORSE' }, 'password'],
  ['a password without a digit', { password: 'CorrectHorse' }, 'password'],
  ['a password with half a surrogate pair', { password: 'Correct7\ud800' }, 'password'],
  ['an empty name', { name: '' }, 'name'],
  ['a blank name', { name: ' \t ' }, 'name'],
  ['a name of two lines', { name: 'Ada\nYou have won, see evil.example' }, 'name'],
  ['a name of 101', { name: 'a'.repeat(101) }, 'name'],
  ['a number for a name', { name: 7 }, 'name'],
  ['an unknown key', { role: 'admin' }, 'role'],
  ['the prototype as a key', JSON.parse('{"__proto__": 1}'), '__proto__'],
])('%s is refused under the path of its field', async (_, wrong, path) => {
  const right = { email: 'right@example.com', username: 'right', password }
  const refusal = await refusalOf(register(Object.assign(Object.create(null), right, wrong)))
  expect(refusal).toMatchObject({ code: 'VALIDATION_ERROR', status: 400 })
  expect(Object.keys((refusal.details as { fields: object }).fields)).toEqual([path])
})

it('several wrong fields are told at once', async () => {
  const refusal = await refusalOf(register({ email: 'x', username: 'ab', password: 'short', isAdmin: true }))
  const { fields } = refusal.details as { fields: object }
  expect(Object.keys(fields).toSorted()).toEqual(['email', 'isAdmin', 'password', 'username'])
})

it('what is not an object is refused as a whole', async () => {
  expect(await refusalOf(register([]))).toMatchObject({
    code: 'VALIDATION_ERROR',
    details: { fields: { '': [expect.any(String)] } },
  })
})

it('the longest of everything is taken whole', async () => {
  const longest = {
    email: `${'a'.repeat(242)}@example.com`,
    username: 'u'.repeat(50),
    password: `Aa1${'ü'.repeat(253)}`,
    name: '😀'.repeat(50),
  }
  expect(await register(longest)).toMatchObject({
    email: longest.email,
    username: longest.username,
    name: longest.name,
  })
  const { user } = await api.nobody.auth.signIn({ email: longest.email, password: longest.password })
  expect(user.username).toBe(longest.username)
  const cut = { email: longest.email, password: longest.password.slice(0, -1) }
  expect(await refusalOf(api.nobody.auth.signIn(cut))).toMatchObject({ code: 'INVALID_CREDENTIALS' })
})

it('registration is limited by its source: 10 an hour, and another source is not held up', async () => {
  const limited = await createTestApi({ rateLimitFactor: 1 })
  try {
    const attempt = (ip: string, username: string) =>
      limited.callerOf({ ip }).users.create({ email: `${username}@example.com`, username, password })
    for (let count = 0; count < 10; count++) await attempt('203.0.113.1', `user_${count}`)
    const refusal = await refusalOf(attempt('203.0.113.1', 'one_more'))
    expect(refusal).toMatchObject({ code: 'RATE_LIMITED', status: 429 })
    expect((refusal.details as { retryAfterSeconds: number }).retryAfterSeconds).toBeGreaterThan(3500)
    expect(await attempt('203.0.113.2', 'elsewhere')).toMatchObject({ username: 'elsewhere' })
  } finally {
    await limited.stop()
  }
})
