import type { z } from 'zod'
import type { UserContext } from '../../context.ts'
import { inTransaction } from '../../db.ts'
import type { Settings } from '../../deps.ts'
import { notFound } from '../../errors.ts'
import { publish } from '../../live/publish.ts'
import { decodeCursor, idKey, toPage } from '../../pagination.ts'
import type * as input from './input.ts'
import { readContent, textsOf } from './kinds.ts'
import type * as output from './output.ts'
import * as queries from './queries.ts'
import type { NotificationRow } from './queries.ts'

/** A page may be shorter than asked for: what no release knows any more is left out. */
export async function getNotificationPage(
  { db, principal, settings }: UserContext,
  { unread = false, limit, cursor }: z.output<typeof input.list>,
) {
  const before = decodeCursor(cursor, idKey)?.[0]
  const rows = await queries.listNotifications(db, principal.user.id, { unread, before, limit })
  const toItems = (row: NotificationRow) => toNotification(row, settings) ?? []
  const { items, nextCursor } = toPage(rows, limit, toItems, ({ id }) => [id])
  return { items: items.flat(), nextCursor }
}

export async function getUnreadCount({ db, principal }: UserContext) {
  return { count: await queries.countUnread(db, principal.user.id) }
}

/** Reading twice is harmless: the first time stands. @throws NOT_FOUND */
export async function readNotification({ db, principal, settings }: UserContext, id: string) {
  const userId = principal.user.id
  return inTransaction(db, async (trx) => {
    const isFirst = await queries.markRead(trx, userId, id)
    const row = await queries.findNotification(trx, userId, id)
    const notification = row && toNotification(row, settings)
    // Of what is not shown nothing is marked: it may be shown again.
    if (!notification) throw notFound('notification')
    if (isFirst)
      await publish(trx, {
        topic: 'notifications',
        kind: 'notification.read',
        userId,
        data: { notificationId: id },
      })
    return notification
  })
}

const batch = 500

/** In steps that each hold few locks. What arrives meanwhile may stay unread. */
export async function readAllNotifications({ db, principal }: UserContext) {
  const userId = principal.user.id
  let marked = 0
  for (let step = 0; step * batch <= queries.mostKept; step++) {
    const count = await inTransaction(db, async (trx) => {
      const done = await queries.markUnreadAsRead(trx, userId, batch)
      if (done > 0)
        await publish(trx, {
          topic: 'notifications',
          kind: 'notification.all-read',
          userId,
          data: { marked: done },
        })
      return done
    })
    marked += count
    if (count < batch) break
  }
  return { marked }
}

/** Undefined for what no release knows any more. */
function toNotification(
  row: NotificationRow,
  { publicUrl }: Settings,
): z.output<typeof output.notification> | undefined {
  const content = readContent(row)
  if (!content) return undefined
  const { title, text, path } = textsOf(content)
  return {
    ...content,
    id: row.id,
    title,
    text,
    url: path && publicUrl + path,
    readAt: row.readAt?.toISOString() ?? null,
    createdAt: row.createdAt.toISOString(),
  }
}
