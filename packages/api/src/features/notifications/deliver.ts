import type { Transaction } from 'kysely'
import type { Database } from '../../db.ts'
import { newId } from '../../ids.ts'
import { enqueue } from '../../jobs/enqueue.ts'
import { publishAll, type NewLiveEvent } from '../../live/publish.ts'
import { content as contentSchema, kindNames, kinds, type Channels, type Content } from './kinds.ts'
import { mailNotification } from './mail-notification.ts'
import { channelsOf } from './preferences.ts'
import { deleteSurplus, holdPresentUsers, insertNotifications } from './queries.ts'

export interface Delivery {
  content: Content
  /** What it comes from, unique among all: whoever was told of it is not told again. */
  source: string
  /** Whom it speaks of, if not its reader. */
  actorId: string | null
}

/** Tells whoever of them is there, each by the channels that they chose. A batch at a time: some hundred people. */
export async function deliver(
  trx: Transaction<Database>,
  userIds: readonly string[],
  delivery: Delivery,
): Promise<void> {
  const { actorId } = delivery
  const present = await holdPresentUsers(trx, actorId ? [...userIds, actorId] : userIds)
  if (actorId && !present.has(actorId)) return
  const recipients = userIds.filter((id) => present.has(id))
  const channels = await channelsOf(trx, delivery.content.kind, recipients)
  const rows = recipients.flatMap((userId) => toRows(delivery, userId, channels(userId)))
  if (rows.length === 0) return
  const inserted = await insertNotifications(trx, rows)
  await publishAll(trx, inserted.filter(({ inApp }) => inApp).map(toEvent(delivery.content)))
  const mailed = inserted.filter(({ userId }) => channels(userId).mail)
  await enqueueMails(trx, delivery.content, mailed)
  await deleteSurplus(
    trx,
    inserted.map(({ userId }) => userId),
    kindNames.filter((name) => kinds[name].goesFirst),
  )
}

/** None for who wants to hear nothing of it. */
function toRows({ content, source, actorId }: Delivery, userId: string, channels: Channels) {
  const { inApp, mail, digest: inDigest } = channels
  if (!inApp && !mail && !inDigest) return []
  const { kind, data } = contentSchema.parse(content)
  return [{ id: newId(), userId, actorId, kind, source, data: JSON.stringify(data), inApp, inDigest }]
}

interface Inserted {
  id: string
  userId: string
}

const toEvent =
  ({ kind }: Content) =>
  ({ id: notificationId, userId }: Inserted): NewLiveEvent => ({
    topic: 'notifications',
    kind: 'notification.created',
    userId,
    data: { notificationId, kind },
  })

async function enqueueMails(
  trx: Transaction<Database>,
  { kind }: Content,
  mailed: Inserted[],
): Promise<void> {
  if (kinds[kind].hasOwnMail) return
  for (const { id: notificationId } of mailed) await enqueue(trx, mailNotification, { notificationId })
}
