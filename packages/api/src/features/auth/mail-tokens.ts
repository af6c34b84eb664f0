import type { Kysely, Transaction } from 'kysely'
import type { Database } from '../../db.ts'
import type { Settings } from '../../deps.ts'
import { fail } from '../../errors.ts'
import { newId } from '../../ids.ts'
import { enqueue } from '../../jobs/enqueue.ts'
import { sha256, tokenFor } from '../../secrets.ts'
import { mailLink } from './jobs.ts'
import {
  deleteMailToken,
  findMailTokenOwner,
  lockMailTokenOwner,
  upsertMailToken,
} from './mail-token-queries.ts'
import type { MailTokenKind } from './tables.ts'

interface Issue {
  /** Where the link goes, when not to the stored address. */
  newEmail?: string
  /** Takes the same steps and mails nothing. */
  isMuted?: boolean
}

/** Mails a link to whoever has this address, in the same steps whether somebody does or not. */
export async function issueMailToken(
  trx: Transaction<Database>,
  settings: Settings,
  kind: MailTokenKind,
  email: string,
  issue: Issue = {},
): Promise<void> {
  const id = newId()
  const token = tokenFor(settings.appSecrets[0], kind, id)
  const expiresAt = new Date(Date.now() + lifetimeMinutes(settings)[kind] * 60_000)
  await upsertMailToken(trx, email, { id, kind, tokenHash: sha256(token), expiresAt, ...issue })
  await enqueue(trx, mailLink, { tokenId: id })
}

const lifetimeMinutes = ({ verificationHours, resetMinutes }: Settings): Record<MailTokenKind, number> => ({
  verify: verificationHours * 60,
  change: verificationHours * 60,
  reset: resetMinutes,
})

/** Whose it is; so that a made-up token costs no hashing. @throws TOKEN_INVALID */
export async function getMailTokenOwner(db: Kysely<Database>, kind: MailTokenKind, token: string) {
  const owner = await findMailTokenOwner(db, kind, sha256(token))
  if (!owner) throw fail('TOKEN_INVALID')
  return owner
}

/**
 * Works once, also when used many times at once.
 * @throws TOKEN_INVALID, the same for a used, an expired and an unknown one
 */
export async function redeemMailToken(trx: Transaction<Database>, kind: MailTokenKind, token: string) {
  const tokenHash = sha256(token)
  await lockMailTokenOwner(trx, tokenHash)
  const redeemed = await deleteMailToken(trx, kind, tokenHash)
  if (!redeemed) throw fail('TOKEN_INVALID')
  return redeemed
}
