import { exportJWK, generateKeyPair, importJWK, type CryptoKey, type JWK } from 'jose'
import { sql, type Kysely, type Transaction } from 'kysely'
import { inTransaction, type Database } from '../../db.ts'
import { record } from '../../audit/record.ts'
import type { Deps } from '../../deps.ts'
import { newId } from '../../ids.ts'
import { decrypt, encrypt } from '../../secrets.ts'

const algorithm = 'EdDSA'
const purpose = 'signing key'

/** As long as a token that a retired key signed can live, and clocks differ. */
const gracePeriodMs = 60 * 60 * 1000

type KeyDeps = Pick<Deps, 'db' | 'settings'>

/** The key that signs now; the very first call makes it, once, however many processes start together. */
export async function currentKey({
  db,
  settings,
}: KeyDeps): Promise<{ id: string; privateKey: CryptoKey | Uint8Array }> {
  const row =
    (await findCurrentKey(db)) ??
    (await inTransaction(db, (trx) => insertFirstKey(trx, settings.appSecrets[0])))
  const jwk: JWK = JSON.parse(decrypt(settings.appSecrets, purpose, row.privateKey))
  return { id: row.id, privateKey: await importJWK(jwk, algorithm) }
}

/** A new key signs from now on. The old one stays published until its last tokens have expired. */
export function rotateSigningKeys({ db, settings }: KeyDeps): Promise<{ id: string }> {
  return inTransaction(db, async (trx) => {
    await lockKeys(trx)
    await trx
      .updateTable('signingKeys')
      .set({ retiredAt: new Date() })
      .where('retiredAt', 'is', null)
      .execute()
    await trx.deleteFrom('signingKeys').where('retiredAt', '<', graceStart()).execute()
    const { id } = await insertKey(trx, settings.appSecrets[0])
    await record(trx, { settings }, { action: 'signing-key.rotated', subjectId: null, details: { id } })
    return { id }
  })
}

/** What `/.well-known/jwks.json` shows. */
export async function publicKeys({ db }: Pick<Deps, 'db'>): Promise<{ keys: JWK[] }> {
  const rows = await publishedKeys(db).orderBy('id', 'desc').execute()
  return { keys: rows.map(({ publicJwk }) => publicJwk) }
}

export async function findPublicKey(
  db: Kysely<Database>,
  id: string,
): Promise<CryptoKey | Uint8Array | undefined> {
  const row = await publishedKeys(db).where('id', '=', id).executeTakeFirst()
  return row && importJWK(row.publicJwk, algorithm)
}

function publishedKeys(db: Kysely<Database>) {
  return db
    .selectFrom('signingKeys')
    .select(['id', 'publicJwk'])
    .where((eb) => eb.or([eb('retiredAt', 'is', null), eb('retiredAt', '>', graceStart())]))
}

const graceStart = () => new Date(Date.now() - gracePeriodMs)

function findCurrentKey(db: Kysely<Database>) {
  return db
    .selectFrom('signingKeys')
    .select(['id', 'privateKey'])
    .where('retiredAt', 'is', null)
    .executeTakeFirst()
}

async function insertFirstKey(trx: Transaction<Database>, secret: string) {
  await lockKeys(trx)
  return (await findCurrentKey(trx)) ?? insertKey(trx, secret)
}

async function insertKey(trx: Transaction<Database>, secret: string) {
  const id = newId()
  const pair = await generateKeyPair(algorithm, { extractable: true })
  const publicJwk = { ...(await exportJWK(pair.publicKey)), kid: id, alg: algorithm, use: 'sig' }
  const privateKey = encrypt(secret, purpose, JSON.stringify(await exportJWK(pair.privateKey)))
  await trx
    .insertInto('signingKeys')
    .values({ id, publicJwk: JSON.stringify(publicJwk), privateKey })
    .execute()
  return { id, privateKey }
}

const lockKeys = (trx: Transaction<Database>) =>
  sql`lock table signing_keys in share row exclusive mode`.execute(trx)
