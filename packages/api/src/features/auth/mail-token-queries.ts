import { sql, type Kysely, type Transaction } from 'kysely'
import type { Database } from '../../db.ts'
import { canComeBack } from './account.ts'
import { isEmailFree } from './email-queries.ts'
import type { MailTokenKind } from './tables.ts'

export interface NewMailToken {
  id: string
  kind: MailTokenKind
  tokenHash: Buffer
  expiresAt: Date
  /** Where it goes, when not to the stored address. */
  newEmail?: string
  /** Runs the statement without issuing anything. */
  isMuted?: boolean
}

/**
 * At most one token of a kind is alive for each person: a new one takes the place of the old.
 * The same statement for an address without an account, where it inserts nothing.
 */
export async function upsertMailToken(
  trx: Transaction<Database>,
  email: string,
  { id, kind, tokenHash, expiresAt, newEmail, isMuted = false }: NewMailToken,
): Promise<void> {
  const target = newEmail ?? null
  await trx
    .insertInto('mailTokens')
    .columns(['id', 'userId', 'kind', 'email', 'tokenHash', 'expiresAt'])
    .expression((eb) =>
      eb
        .selectFrom('users')
        .select(({ cast, val }) => [
          cast<string>(val(id), 'uuid').as('id'),
          'users.id as userId',
          cast<MailTokenKind>(val(kind), 'text').as('kind'),
          cast<string | null>(val(target), 'text').as('email'),
          cast<Buffer>(val(tokenHash), 'bytea').as('tokenHash'),
          cast<Date>(val(expiresAt), 'timestamptz').as('expiresAt'),
        ])
        .where('users.email', '=', email)
        .where(canComeBack())
        .where(({ cast, val }) => cast<boolean>(val(!isMuted), 'boolean')),
    )
    .onConflict((conflict) =>
      conflict.columns(['userId', 'kind']).doUpdateSet({ id, email: target, tokenHash, expiresAt }),
    )
    .execute()
}

/** For the mail: it goes to the stored address, or to a new one that nobody has. */
export function findMailToken(db: Kysely<Database>, id: string) {
  return db
    .selectFrom('mailTokens')
    .innerJoin('users', 'users.id', 'mailTokens.userId')
    .select(['mailTokens.tokenHash', 'mailTokens.kind', 'users.username'])
    .select(({ fn }) => fn.coalesce('mailTokens.email', 'users.email').as('email'))
    .where('mailTokens.id', '=', id)
    .where('mailTokens.expiresAt', '>', new Date())
    .where(canComeBack())
    .where(({ or, eb }) =>
      or([
        eb('mailTokens.email', 'is', null),
        isEmailFree(sql.ref('mail_tokens.email'), sql.ref('users.id')),
      ]),
    )
    .executeTakeFirst()
}

/** Asked before work that costs; whether it can be redeemed is decided by `deleteMailToken`. */
export function findMailTokenOwner(db: Kysely<Database>, kind: MailTokenKind, tokenHash: Buffer) {
  return db
    .selectFrom('mailTokens')
    .innerJoin('users', 'users.id', 'mailTokens.userId')
    .select(['users.email', 'users.username', 'users.name'])
    .where('mailTokens.tokenHash', '=', tokenHash)
    .where('mailTokens.kind', '=', kind)
    .where('mailTokens.expiresAt', '>', new Date())
    .executeTakeFirst()
}

/** Asked before it is redeemed: all who change an account lock its row first, and then wait rather than hang. */
export async function lockMailTokenOwner(trx: Transaction<Database>, tokenHash: Buffer): Promise<void> {
  await trx
    .selectFrom('users')
    .select('id')
    .where('id', 'in', (eb) =>
      eb.selectFrom('mailTokens').select('userId').where('tokenHash', '=', tokenHash),
    )
    .forNoKeyUpdate()
    .execute()
}

/** Redeems by deleting, so that of any number of redemptions at once one wins. */
export function deleteMailToken(trx: Transaction<Database>, kind: MailTokenKind, tokenHash: Buffer) {
  return trx
    .deleteFrom('mailTokens')
    .using('users')
    .whereRef('users.id', '=', 'mailTokens.userId')
    .where(canComeBack())
    .where('mailTokens.tokenHash', '=', tokenHash)
    .where('mailTokens.kind', '=', kind)
    .where('mailTokens.expiresAt', '>', new Date())
    .returning(['mailTokens.userId', 'mailTokens.email', 'users.email as currentEmail'])
    .executeTakeFirst()
}

export async function deleteMailTokensOf(
  trx: Transaction<Database>,
  userId: string,
  kinds: readonly MailTokenKind[],
) {
  await trx.deleteFrom('mailTokens').where('userId', '=', userId).where('kind', 'in', kinds).execute()
}
