import * as z from 'zod'
import { defineJob } from '../../jobs/define.ts'
import { PermanentJobError } from '../../jobs/errors.ts'
import { mailTemplates } from '../../mail/templates.ts'
import { sha256, tokenFor } from '../../secrets.ts'
import { deleteExpiredMailTokens, findMailToken } from './queries.ts'
import { sweepSessions } from './sessions.ts'

/** The payload names the row of the token; the token itself is made here and stored nowhere. */
export const mailLink = defineJob({
  name: 'auth:mail-link',
  payload: z.object({ tokenId: z.uuid() }),
  retries: 3,
  async run({ db, mailer, settings }, { tokenId }, { id }) {
    const row = await findMailToken(db, tokenId)
    if (!row) return
    const { kind, tokenHash, ...person } = row
    const token = settings.appSecrets
      .map((secret) => tokenFor(secret, kind, tokenId))
      .find((candidate) => sha256(candidate).equals(tokenHash))
    if (!token) throw new PermanentJobError('The APP_SECRET that this link was made with is gone')
    await mailer.send({
      to: person.email,
      key: `${mailLink.name}.${id}`,
      ...mailTemplates[kind](settings, person, token),
    })
  },
})

export const sweepCredentials = defineJob({
  name: 'auth:sweep',
  payload: z.object({}),
  retries: 0,
  cron: '17 3 * * *',
  async run({ db }) {
    await sweepSessions(db)
    await deleteExpiredMailTokens(db)
  },
})

export const authJobs = [mailLink, sweepCredentials]
