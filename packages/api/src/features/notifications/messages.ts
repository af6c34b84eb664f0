import * as z from 'zod'
import { record } from '../../audit/record.ts'
import type { UserContext } from '../../context.ts'
import { inTransaction } from '../../db.ts'
import { notFound } from '../../errors.ts'
import { newId } from '../../ids.ts'
import { defineJob } from '../../jobs/define.ts'
import { enqueue } from '../../jobs/enqueue.ts'
import { findPublicUser } from '../users/queries.ts'
import { deliver } from './deliver.ts'
import type * as input from './input.ts'
import { findMessage, insertMessage, listIdsByRole } from './message-queries.ts'

/** A job hands it out. @throws NOT_FOUND */
export async function sendMessage(ctx: UserContext, { to, ...texts }: z.output<typeof input.send>) {
  const { db, limits, principal } = ctx
  await limits.consume('message', principal.user.id)
  const id = newId()
  const recipientId = 'userId' in to ? to.userId : null
  const role = 'role' in to ? to.role : null
  await inTransaction(db, async (trx) => {
    if (recipientId && !(await findPublicUser(trx, recipientId))) throw notFound('user')
    await insertMessage(trx, { id, senderId: principal.user.id, recipientId, role, ...texts })
    await enqueue(trx, handOutMessage, { messageId: id })
    const details = { messageId: id, role, subject: texts.subject }
    await record(trx, ctx, { action: 'notification.sent', subjectId: recipientId, details })
  })
  return { id, status: 'queued' as const }
}

const batch = 200

/** A batch of people in one transaction, with the job of the next: however many they are, each is short. */
export const handOutMessage = defineJob({
  name: 'notifications:hand-out',
  payload: z.object({ messageId: z.uuid(), after: z.uuid().optional() }),
  run: ({ db }, { messageId, after }) =>
    inTransaction(db, async (trx) => {
      const row = await findMessage(trx, messageId)
      if (!row) return
      const { recipientId, role, subject, message } = row
      const ids = role ? await listIdsByRole(trx, role, after, batch) : [recipientId ?? []].flat()
      await deliver(trx, ids, {
        content: { kind: 'admin.message', data: { messageId, subject, message } },
        source: `admin.message:${messageId}`,
        actorId: null,
      })
      if (ids.length < batch) return
      const next = { messageId, after: ids.at(-1)! }
      await enqueue(trx, handOutMessage, next, { key: `${messageId} ${next.after}` })
    }),
})
