import { promisify } from 'node:util'
import { gunzip } from 'node:zlib'
import { record } from '../../audit/record.ts'
import type { Context, UserContext } from '../../context.ts'
import { inTransaction } from '../../db.ts'
import { fail } from '../../errors.ts'
import { newId } from '../../ids.ts'
import { enqueue } from '../../jobs/enqueue.ts'
import { sourceOf } from '../../limits.ts'
import { decrypt, sha256, tokenFor } from '../../secrets.ts'
import { deleteExport, upsertExport } from './export-queries.ts'
import { makeExport } from './make-export.ts'

const hours = 24
const unzip = promisify(gunzip)

/** A job gathers it and mails a link; a link that is on its way dies. */
export async function requestExport(ctx: UserContext) {
  const { db, limits, principal, request, settings } = ctx
  const { id: userId, email } = principal.user
  await limits.consume('mailRequest', sourceOf(request.ip))
  await limits.consume('mailByPerson', userId)
  const id = newId()
  const tokenHash = sha256(tokenFor(settings.appSecrets[0], 'export', id))
  const expiresAt = new Date(Date.now() + hours * 60 * 60 * 1000)
  await inTransaction(db, async (trx) => {
    await upsertExport(trx, { id, userId, email, tokenHash, expiresAt })
    await enqueue(trx, makeExport, { exportId: id })
    await record(trx, ctx, { action: 'export.requested', subjectId: userId })
  })
  return { ok: true as const }
}

/** Works once: what was handed out is no longer here. @throws TOKEN_INVALID */
export async function downloadExport(ctx: Context, token: string): Promise<Record<string, unknown[]>> {
  const zipped = await inTransaction(ctx.db, async (trx) => {
    const row = await deleteExport(trx, sha256(token))
    if (!row?.content) throw fail('TOKEN_INVALID')
    const own = { actorId: row.userId, subjectId: row.userId }
    await record(trx, ctx, { action: 'export.downloaded', ...own })
    return decrypted(ctx, row.content)
  })
  return JSON.parse((await unzip(Buffer.from(zipped, 'base64'))).toString())
}

/** Whoever holds the link can ask for another; that a secret was removed too early is the operator's to know. */
function decrypted({ settings, log, request }: Context, content: Buffer): string {
  try {
    return decrypt(settings.appSecrets, 'export', content)
  } catch (err) {
    log.warn({ err, requestId: request.id }, 'an export can be handed out no more')
    throw fail('TOKEN_INVALID')
  }
}
