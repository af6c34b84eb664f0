import {
  createLocalJWKSet,
  decodeJwt,
  decodeProtectedHeader,
  generateKeyPair,
  jwtVerify,
  SignJWT,
} from 'jose'
import { sql } from 'kysely'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { newId } from '../../ids.ts'
import { createTestApi, password, type Person, type TestApi } from '../../testing/index.ts'
import { refusalOf } from '../../testing/refusal.ts'
import { currentKey, publicKeys, rotateSigningKeys } from './signing-keys.ts'

let api: TestApi
let ada: Person
let bob: Person

beforeAll(async () => {
  api = await createTestApi()
  ada = await api.person('ada')
  bob = await api.person('bob')
})

afterAll(() => api.stop())

const origin = 'http://localhost:3000'
const callerWith = (token: string) => api.callerOf({ authorization: `Bearer ${token}` })
const tokenOf = async ({ calls }: Pick<Person, 'calls'>) => (await calls.auth.accessToken()).accessToken
const refused = { code: 'UNAUTHORIZED', status: 401, message: 'The bearer token is not valid.', details: {} }
const encode = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')

async function forge({ key, kid, claims = {}, alg = 'EdDSA', typ = 'JWT' }: Forgery) {
  const current = await currentKey(api.deps)
  const now = Math.floor(Date.now() / 1000)
  const sid = (await ada.calls.auth.session()).session.id
  const payload = { iss: origin, aud: origin, sub: ada.user.id, sid, iat: now, exp: now + 900, ...claims }
  return new SignJWT(payload)
    .setProtectedHeader({ alg, typ, kid: kid ?? current.id })
    .sign(key ?? current.privateKey)
}

interface Forgery {
  key?: Parameters<SignJWT['sign']>[0]
  kid?: string
  claims?: object
  alg?: string
  typ?: string
}

it('an access token names its key, its issuer, its audience, me and my session, and lives 15 minutes', async () => {
  const answer = await ada.calls.auth.accessToken()
  expect(answer).toEqual({ accessToken: expect.any(String), tokenType: 'Bearer', expiresInSeconds: 900 })
  const { session } = await ada.calls.auth.session()
  const key = await currentKey(api.deps)
  expect(decodeProtectedHeader(answer.accessToken)).toEqual({ alg: 'EdDSA', kid: key.id, typ: 'JWT' })
  const { iss, aud, sub, sid, iat, exp, jti, ...rest } = decodeJwt(answer.accessToken)
  expect({ iss, aud, sub, sid }).toEqual({ iss: origin, aud: origin, sub: ada.user.id, sid: session.id })
  expect(exp! - iat!).toBe(900)
  expect(jti).toMatch(/^[0-9a-f-]{36}$/)
  expect(rest).toEqual({})
})

it('no two access tokens are the same', async () => {
  expect(await tokenOf(ada)).not.toBe(await tokenOf(ada))
})

it('another service checks it by the published keys alone', async () => {
  const accessToken = await tokenOf(ada)
  const keys = createLocalJWKSet(await publicKeys(api.deps))
  const { payload } = await jwtVerify(accessToken, keys, { issuer: origin, audience: origin })
  expect(payload.sub).toBe(ada.user.id)
})

it('the published keys hold nothing private', async () => {
  const { keys } = await publicKeys(api.deps)
  expect(Object.keys(keys[0]!).toSorted()).toEqual(['alg', 'crv', 'kid', 'kty', 'use', 'x'])
})

it('an access token is a bearer token here, too', async () => {
  const calls = callerWith(await tokenOf(ada))
  expect(await calls.users.me()).toMatchObject({ username: 'ada' })
  expect((await calls.auth.session()).session.current).toBe(true)
})

it('an access token ends and changes nothing of the account: that needs the session itself', async () => {
  const calls = callerWith(await tokenOf(ada))
  const refused = { code: 'FORBIDDEN', message: 'This needs the session itself.' }
  expect(await refusalOf(calls.users.delete())).toMatchObject(refused)
  expect(await refusalOf(calls.auth.signOut())).toMatchObject(refused)
  expect(await refusalOf(calls.auth.sessions.revoke({ id: newId() }))).toMatchObject(refused)
  expect(await refusalOf(calls.auth.sessions.revokeOthers())).toMatchObject(refused)
  const change = { currentPassword: password, newPassword: 'Another7Horse' }
  expect(await refusalOf(calls.auth.password.change(change))).toMatchObject(refused)
  expect(await ada.calls.users.me()).toMatchObject({ username: 'ada' })
})

it('an access token cannot get another', async () => {
  expect(await refusalOf(callerWith(await tokenOf(ada)).auth.accessToken())).toMatchObject({
    code: 'FORBIDDEN',
    status: 403,
  })
})

it('its session ended, an access token is refused on the next request', async () => {
  const { token, session } = await api.nobody.auth.signIn({ email: ada.email, password, tokenInBody: true })
  const calls = callerWith(await tokenOf({ calls: callerWith(token!) }))
  expect(await calls.users.me()).toMatchObject({ username: 'ada' })
  await ada.calls.auth.sessions.revoke({ id: session.id })
  expect(await refusalOf(calls.users.me())).toEqual(refused)
})

it('its session expired, an access token is refused', async () => {
  const { token, session } = await api.nobody.auth.signIn({ email: ada.email, password, tokenInBody: true })
  const calls = callerWith(await tokenOf({ calls: callerWith(token!) }))
  await sql`update sessions set expires_at = now() where id = ${session.id}`.execute(api.db)
  expect(await refusalOf(calls.users.me())).toEqual(refused)
})

it('a well-made forgery would pass, so the refusals below are for their one difference', async () => {
  expect(await callerWith(await forge({})).users.me()).toMatchObject({ username: 'ada' })
})

it.each<[string, () => Promise<string> | string]>([
  ['expired', () => forge({ claims: { exp: Math.floor(Date.now() / 1000) - 1 } })],
  ['of another kind', () => forge({ typ: 'logout+jwt' })],
  ['from another issuer', () => forge({ claims: { iss: 'https://evil.example' } })],
  ['for another audience', () => forge({ claims: { aud: 'https://other.example' } })],
  ['for somebody else than its session', () => forge({ claims: { sub: bob.user.id } })],
  ['without a session', () => forge({ claims: { sid: undefined } })],
  ['with a session that is no id', () => forge({ claims: { sid: "' or true --" } })],
  ['of a session that is not there', () => forge({ claims: { sid: newId() } })],
  ['signed by another key', async () => forge({ key: (await generateKeyPair('EdDSA')).privateKey })],
  ['of a key that is not there', async () => forge({ kid: newId() })],
  ['of a key whose name is no id', () => forge({ kid: '../../etc/passwd' })],
])('an access token is refused that is %s', async (_, token) => {
  expect(await refusalOf(callerWith(await token()).users.me())).toEqual(refused)
})

it('an access token whose claims were changed is refused', async () => {
  const [header, payload, signature] = (await tokenOf(ada)).split('.')
  const claims = JSON.parse(Buffer.from(payload!, 'base64url').toString())
  const { session } = await bob.calls.auth.session()
  const changed = encode({ ...claims, sub: bob.user.id, sid: session.id })
  expect(await refusalOf(callerWith(`${header}.${changed}.${signature}`).users.me())).toEqual(refused)
})

it('an access token without a signature, or signed with the public key as a password, is refused', async () => {
  const accessToken = await tokenOf(ada)
  const [, payload] = accessToken.split('.')
  const { kid } = decodeProtectedHeader(accessToken)
  const none = `${encode({ alg: 'none', kid })}.${payload}.`
  const { keys } = await publicKeys(api.deps)
  const confused = await forge({ alg: 'HS256', key: Buffer.from(JSON.stringify(keys[0])) })
  const byX = await forge({ alg: 'HS256', key: Buffer.from(keys[0]!.x!, 'base64url') })
  for (const token of [none, confused, byX])
    expect(await refusalOf(callerWith(token).users.me())).toEqual(refused)
})

it('after a rotation the new key signs, and tokens of the old one hold for an hour', async () => {
  const old = await tokenOf(ada)
  const { id } = await rotateSigningKeys(api.deps)
  const fresh = await tokenOf(ada)
  expect(decodeProtectedHeader(fresh).kid).toBe(id)
  expect((await publicKeys(api.deps)).keys.map(({ kid }) => kid)).toEqual([
    id,
    decodeProtectedHeader(old).kid,
  ])
  expect(await callerWith(old).users.me()).toMatchObject({ username: 'ada' })

  await sql`update signing_keys set retired_at = retired_at - interval '61 minutes'`.execute(api.db)
  expect(await refusalOf(callerWith(old).users.me())).toEqual(refused)
  expect((await publicKeys(api.deps)).keys.map(({ kid }) => kid)).toEqual([id])
  expect(await callerWith(fresh).users.me()).toMatchObject({ username: 'ada' })
})

it('a database that fails is not taken for a bad token', async () => {
  const accessToken = await tokenOf(ada)
  await sql`alter table signing_keys rename to away`.execute(api.db)
  try {
    expect(await refusalOf(callerWith(accessToken).users.me())).toMatchObject({ code: 'INTERNAL' })
  } finally {
    await sql`alter table away rename to signing_keys`.execute(api.db)
  }
})
