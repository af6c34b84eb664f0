import * as z from 'zod'
import { findEvent, type EventRow } from '../../audit/queries.ts'
import { deleteExpired, inBatches } from '../../jobs/batches.ts'
import { defineJob } from '../../jobs/define.ts'
import { noticeTemplates } from '../../mail/notices.ts'
import { writeMail } from '../../mail/template.ts'
import { mailTemplates } from '../../mail/templates.ts'
import { deviceOf } from './device.ts'
import { deleteForgottenDevices } from './device-queries.ts'
import { findEmailChange } from './email-queries.ts'
import { findMailToken } from './mail-token-queries.ts'
import { findMailAddress } from './queries.ts'
import { remakeToken } from './remake-token.ts'

/** The payload names the row of the token; the token itself is made here and stored nowhere. */
export const mailLink = defineJob({
  name: 'auth:mail-link',
  payload: z.object({ tokenId: z.uuid() }),
  retries: 3,
  async run({ db, mailer, settings }, { tokenId }, { id, signal }) {
    const row = await findMailToken(db, tokenId)
    if (!row) return
    const token = remakeToken(settings, { purpose: row.kind, id: tokenId, hash: row.tokenHash })
    const letter = writeMail(mailTemplates[row.kind], settings, { ...row, token })
    await mailer.send({ to: row.email, key: `${mailLink.name}.${id}`, ...letter }, signal)
  },
})

/** To the address that is about to be left, while it still is somebody's own. */
export const mailEmailChange = defineJob({
  name: 'auth:mail-email-change',
  payload: z.object({ changeId: z.uuid() }),
  retries: 3,
  async run({ db, mailer, settings }, { changeId }, { id, signal }) {
    const row = await findEmailChange(db, changeId)
    if (!row) return
    const token = remakeToken(settings, { purpose: 'undo', id: changeId, hash: row.undoTokenHash })
    const letter = writeMail(mailTemplates.undo, settings, { ...row, token })
    await mailer.send({ to: row.oldEmail, key: `${mailEmailChange.name}.${id}`, ...letter }, signal)
  },
})

/** Tells somebody what happened to their account. Of the event, since a thief could end the session before it is read. */
export const mailNotice = defineJob({
  name: 'auth:mail-notice',
  payload: z.object({ eventId: z.uuid() }),
  retries: 3,
  async run({ db, mailer, settings }, { eventId }, { id, signal }) {
    const event = await findEvent(db, eventId)
    const person = event?.subjectId ? await findMailAddress(db, event.subjectId) : undefined
    const template = event && noticeTemplates[event.action]
    if (!person || !template) return
    const { at, ip, agent } = event
    const happened = { ...person, at, ip, device: deviceOf(agent ?? undefined) }
    const letter = writeMail(template, settings, happened)
    await mailer.send({ to: addressFor(event, person), key: `${mailNotice.name}.${id}`, ...letter }, signal)
  },
})

/** An undone change is told to who has lost the account by it, as whoever undid it knows. */
function addressFor({ action, details }: EventRow, { email }: { email: string }): string {
  return action === 'email.change-undone' && typeof details?.before === 'string' ? details.before : email
}

export const sweepCredentials = defineJob({
  name: 'auth:sweep',
  payload: z.object({}),
  retries: 3,
  cron: { schedule: '17 3 * * *', backfillMinutes: 1440 },
  async run({ db }, _payload, { signal }) {
    await inBatches((limit) => deleteExpired(db, 'sessions', 'expires_at', limit), signal)
    await inBatches((limit) => deleteExpired(db, 'mail_tokens', 'expires_at', limit), signal)
    await inBatches((limit) => deleteExpired(db, 'email_changes', 'undo_expires_at', limit), signal)
    await inBatches((limit) => deleteForgottenDevices(db, 180, limit), signal)
  },
})

export const authJobs = [mailLink, mailEmailChange, mailNotice, sweepCredentials]
