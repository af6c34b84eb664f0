import { promisify } from 'node:util'
import { gzip } from 'node:zlib'
import * as z from 'zod'
import { record } from '../../audit/record.ts'
import { inTransaction } from '../../db.ts'
import type { Deps } from '../../deps.ts'
import { defineJob } from '../../jobs/define.ts'
import { writeMail } from '../../mail/template.ts'
import { mailTemplates } from '../../mail/templates.ts'
import { collectPersonalData, TooMuchData } from '../../personal-data.ts'
import { encrypt } from '../../secrets.ts'
import { remakeToken } from '../auth/remake-token.ts'
import { findExport, updateExport } from './export-queries.ts'

/** As JSON. More is handed out by an operator: `npm run cli -- user export <email>`. */
const maxBytes = 20 * 1024 * 1024

const zip = promisify(gzip)

/** Gathers everything that is held on a person, keeps it encrypted until it is fetched, and mails the link. */
export const makeExport = defineJob({
  name: 'users:make-export',
  payload: z.object({ exportId: z.uuid() }),
  retries: 3,
  async run(deps, { exportId }, { id, signal }) {
    const { db, mailer, settings } = deps
    const row = await findExport(db, exportId)
    if (!row) return
    const isMade = row.isMade || (await fill(deps, exportId, row.userId))
    const token = remakeToken(settings, { purpose: 'export', id: exportId, hash: row.tokenHash })
    const letter = isMade
      ? writeMail(mailTemplates.export, settings, { ...row, token })
      : writeMail(mailTemplates.exportTooLarge, settings, row)
    await mailer.send({ to: row.email, key: `${makeExport.name}.${id}`, ...letter }, signal)
  },
})

/** False when it is too large. */
async function fill({ db, settings }: Deps, exportId: string, userId: string): Promise<boolean> {
  try {
    const data = await collectPersonalData(db, userId, maxBytes)
    const zipped = (await zip(JSON.stringify(data))).toString('base64')
    await inTransaction(db, async (trx) => {
      await updateExport(trx, exportId, encrypt(settings.appSecrets[0], 'export', zipped))
      await record(trx, { settings }, { action: 'export.made', subjectId: userId })
    })
    return true
  } catch (error) {
    if (error instanceof TooMuchData) return false
    throw error
  }
}
