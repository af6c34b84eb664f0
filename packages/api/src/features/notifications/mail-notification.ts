import * as z from 'zod'
import { defineJob } from '../../jobs/define.ts'
import { notificationMail } from '../../mail/notifications.ts'
import { writeMail } from '../../mail/template.ts'
import { readContent, textsOf } from './kinds.ts'
import { findMailable } from './queries.ts'
import { isStillThere } from './visibility.ts'

/** One mail for one notification. */
export const mailNotification = defineJob({
  name: 'notifications:mail',
  payload: z.object({ notificationId: z.uuid() }),
  async run({ db, mailer, settings }, { notificationId }, { id, signal }) {
    const row = await findMailable(db, notificationId)
    const content = row && readContent(row)
    if (!content || !(await isStillThere(db, content))) return
    const { email, username } = row
    const { title, text, path } = textsOf(content)
    const letter = writeMail(notificationMail, settings, { username, title, text, path })
    await mailer.send({ to: email, key: `${mailNotification.name}.${id}`, ...letter }, signal)
  },
})
