import type { Kysely } from 'kysely'
import * as z from 'zod'
import { inTransaction, type Database } from '../../db.ts'
import { defineJob } from '../../jobs/define.ts'
import { enqueue } from '../../jobs/enqueue.ts'
import { digestMail } from '../../mail/notifications.ts'
import { writeMail } from '../../mail/template.ts'
import {
  claimDigests,
  findDigestReader,
  listDigestReaders,
  listForDigest,
  markDigested,
  passOver,
} from './digest-queries.ts'
import { readContent, textsOf, type Texts } from './kinds.ts'
import { getPreferences } from './preferences.ts'
import { holdPresentUsers } from './queries.ts'
import { isStillThere } from './visibility.ts'

const batch = 200

/** A job for each person who has something unread, one a day however often this runs. */
export const startDigests = defineJob({
  name: 'notifications:digest',
  payload: z.object({}),
  cron: { schedule: '0 7 * * *', backfillMinutes: 12 * 60 },
  timeoutSeconds: 600,
  async run({ db }, _payload, { signal }) {
    const day = new Date().toISOString().slice(0, 10)
    for (let after: string | undefined; ;) {
      const ids = await listDigestReaders(db, after, batch)
      await inTransaction(db, async (trx) => {
        const present = await holdPresentUsers(trx, ids)
        const claimed = await claimDigests(
          trx,
          ids.filter((id) => present.has(id)),
          day,
        )
        for (const userId of claimed) await enqueue(trx, mailDigest, { userId })
      })
      if (ids.length < batch) return
      signal.throwIfAborted()
      after = ids.at(-1)
    }
  },
})

/** What is unread by now, and still there. What is named once is not named again. */
export const mailDigest = defineJob({
  name: 'notifications:mail-digest',
  payload: z.object({ userId: z.uuid() }),
  async run({ db, mailer, settings }, { userId }, { id, signal }) {
    const reader = await findDigestReader(db, userId)
    const rows = reader ? await listForDigest(db, userId, mostRead) : []
    if (!reader || rows.length === 0) return
    const items = await toItems(db, userId, rows)
    const shown = { items: items.slice(0, mostShown), hasMore: items.length > mostShown }
    if (items.length > 0) {
      const letter = writeMail(digestMail, settings, { username: reader.username, ...shown })
      await mailer.send({ to: reader.email, key: `${mailDigest.name}.${id}`, ...letter }, signal)
    }
    const ids = rows.map((row) => row.id)
    await markDigested(db, userId, ids)
    if (ids.length === mostRead) await passOver(db, userId, ids.at(-1)!)
  },
})

const mostShown = 20
const mostRead = 100

/** One more than is shown, to know whether there is more. */
async function toItems(db: Kysely<Database>, userId: string, rows: { kind: string; data: unknown }[]) {
  const preferences = await getPreferences(db, userId)
  const items: Texts[] = []
  for (const row of rows) {
    const content = readContent(row)
    if (!content || !preferences[content.kind].digest || !(await isStillThere(db, content))) continue
    items.push(textsOf(content))
    if (items.length > mostShown) break
  }
  return items
}
