import { sql } from 'kysely'
import pg from 'pg'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { createDatabase } from '../../db.ts'
import { decrypt } from '../../secrets.ts'
import { dumpOf, holds } from '../../testing/dump.ts'
import { eventually } from '../../testing/eventually.ts'
import { createTestApi, silentLog, type TestApi } from '../../testing/index.ts'
import { currentKey, publicKeys, rotateSigningKeys } from './signing-keys.ts'

let api: TestApi

beforeAll(async () => {
  api = await createTestApi()
})

afterAll(() => api.stop())

const withSecrets = (...appSecrets: [string, ...string[]]) => ({
  db: api.db,
  settings: { ...api.deps.settings, appSecrets },
})

it('before the first token there is no key', async () => {
  expect(await publicKeys(api.deps)).toEqual({ keys: [] })
})

it('processes that start together make one first key', async () => {
  const { url, directUrl, isPooled } = api.database
  const other = createDatabase({ url, log: silentLog, isPooler: isPooled })
  const client = new pg.Client({ connectionString: directUrl })
  await client.connect()
  try {
    // Whoever finds no key goes on only when all have found none.
    await client.query('begin; lock table signing_keys in share mode')
    const processes = [api.deps, { ...api.deps, db: other }]
    const keys = Promise.all(Array.from({ length: 6 }, (_, index) => currentKey(processes[index % 2]!)))
    // Known, however the test fails before it looks.
    keys.catch(() => {})
    await eventually(async () => expect(await waitingIn(client)).toBe(6))
    await client.query('commit')
    expect(new Set((await keys).map(({ id }) => id)).size).toBe(1)
    expect((await publicKeys(api.deps)).keys).toHaveLength(1)
  } finally {
    await client.end()
    await other.destroy()
  }
})

async function waitingIn(client: pg.Client) {
  const { rowCount } = await client.query(
    `select from pg_locks where not granted and relation = 'signing_keys'::regclass
     and database = (select oid from pg_database where datname = current_database())`,
  )
  return rowCount
}

it('the private key lies encrypted in the database', async () => {
  const row = await api.db.selectFrom('signingKeys').select('privateKey').executeTakeFirstOrThrow()
  const { d } = JSON.parse(decrypt(api.deps.settings.appSecrets, 'signing key', row.privateKey))
  expect(d).toMatch(/^[\w-]{43}$/)
  const dump = await dumpOf(api.db)
  expect(holds(dump, d)).toBe(false)
  expect(dump).not.toContain(Buffer.from(d, 'base64url').toString('hex'))
})

it('after APP_SECRET was rotated, the old key still signs; without the old secret it says why it does not', async () => {
  const { id } = await currentKey(api.deps)
  expect(await currentKey(withSecrets('a new secret', 'a secret for tests'))).toMatchObject({ id })
  await expect(currentKey(withSecrets('a new secret'))).rejects.toThrow(/APP_SECRET/)
})

it('rotating makes a key for the new secret', async () => {
  const { id } = await rotateSigningKeys(withSecrets('a new secret', 'a secret for tests'))
  expect(await currentKey(withSecrets('a new secret'))).toMatchObject({ id })
})

it('of rotations at once each succeeds, and one key signs', async () => {
  const rotated = await Promise.all([1, 2, 3].map(() => rotateSigningKeys(api.deps)))
  const { id } = await currentKey(api.deps)
  expect(rotated.map((key) => key.id)).toContain(id)
  const { rows } = await sql`select id from signing_keys where retired_at is null`.execute(api.db)
  expect(rows).toHaveLength(1)
})

it('a rotation deletes keys whose last tokens have expired', async () => {
  await sql`update signing_keys set retired_at = now() - interval '2 hours' where retired_at is not null`.execute(
    api.db,
  )
  await rotateSigningKeys(api.deps)
  const { rows } = await sql`select id from signing_keys`.execute(api.db)
  expect(rows).toHaveLength(2)
})
