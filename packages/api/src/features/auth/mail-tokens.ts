import type { Kysely, Transaction } from 'kysely'
import type { Database } from '../../db.ts'
import type { Settings } from '../../deps.ts'
import { fail } from '../../errors.ts'
import { newId } from '../../ids.ts'
import { enqueue } from '../../jobs/enqueue.ts'
import { sha256, tokenFor } from '../../secrets.ts'
import { mailLink } from './jobs.ts'
import { deleteMailToken, hasMailToken, upsertMailToken } from './queries.ts'
import type { MailTokenKind } from './tables.ts'

const lifetimeMinutes: Record<MailTokenKind, number> = { verify: 24 * 60, reset: 15 }

/** Mails a link to whoever has this address, in the same steps whether somebody does or not. */
export async function issueMailToken(
  trx: Transaction<Database>,
  settings: Settings,
  kind: MailTokenKind,
  email: string,
) {
  const id = newId()
  const token = tokenFor(settings.appSecrets[0], kind, id)
  const expiresAt = new Date(Date.now() + lifetimeMinutes[kind] * 60_000)
  await upsertMailToken(trx, email, { id, kind, tokenHash: sha256(token), expiresAt })
  await enqueue(trx, mailLink, { tokenId: id })
}

/** So that a made-up token costs no hashing. @throws TOKEN_INVALID */
export async function assertMailToken(db: Kysely<Database>, kind: MailTokenKind, token: string) {
  if (!(await hasMailToken(db, kind, sha256(token)))) throw fail('TOKEN_INVALID')
}

/**
 * Works once, also when used many times at once.
 * @throws TOKEN_INVALID, the same for a used, an expired and an unknown one
 */
export async function redeemMailToken(
  trx: Transaction<Database>,
  kind: MailTokenKind,
  token: string,
): Promise<string> {
  const redeemed = await deleteMailToken(trx, kind, sha256(token))
  if (!redeemed) throw fail('TOKEN_INVALID')
  return redeemed.userId
}
