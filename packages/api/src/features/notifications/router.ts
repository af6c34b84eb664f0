import type { ErrorTree } from '../../declared-errors.ts'
import { idempotencyErrors } from '../../error-codes.ts'
import { byId } from '../../schemas.ts'
import { idempotent, permitted, userProcedure } from '../../trpc.ts'
import * as input from './input.ts'
import { sendMessage } from './messages.ts'
import {
  getNotificationPage,
  getUnreadCount,
  readAllNotifications,
  readNotification,
} from './notifications.ts'
import * as output from './output.ts'
import { getPreferences, updatePreferences } from './preferences.ts'

export const notifications = {
  send: permitted('notifications:send')
    .concat(idempotent)
    .meta({
      rest: 'POST /notifications',
      status: 202,
      summary: 'Send a message',
      description: 'To one person or everybody of a role, each by the channels that they chose.',
    })
    .input(input.send)
    .output(output.queued)
    .mutation(({ ctx, input }) => sendMessage(ctx, input)),

  list: userProcedure
    .meta({
      rest: 'GET /notifications',
      summary: 'List my notifications',
      description: 'Newest first. Kept are 1,000 at most: those that were read for 90 days, others for 180.',
    })
    .input(input.list)
    .output(output.notifications)
    .query(({ ctx, input }) => getNotificationPage(ctx, input)),

  unreadCount: userProcedure
    .meta({ rest: 'GET /notifications/unread-count', summary: 'Count my unread notifications' })
    .output(output.unreadCount)
    .query(({ ctx }) => getUnreadCount(ctx)),

  markRead: userProcedure
    .concat(idempotent)
    .meta({
      rest: 'POST /notifications/{id}/read',
      summary: 'Mark a notification as read',
      description: 'Twice is harmless: the first time stands.',
    })
    .input(byId)
    .output(output.notification)
    .mutation(({ ctx, input }) => readNotification(ctx, input.id)),

  markAllRead: userProcedure
    .concat(idempotent)
    .meta({ rest: 'POST /notifications/read-all', summary: 'Mark all my notifications as read' })
    .output(output.marked)
    .mutation(({ ctx }) => readAllNotifications(ctx)),

  preferences: {
    get: userProcedure
      .meta({
        rest: 'GET /notifications/preferences',
        summary: 'Get how I am notified',
        description: 'By kind and channel.',
      })
      .output(output.preferences)
      .query(({ ctx }) => getPreferences(ctx.db, ctx.principal.user.id)),

    update: userProcedure
      .concat(idempotent)
      .meta({
        rest: 'PUT /notifications/preferences',
        summary: 'Choose how I am notified',
        description: 'What is not named stays as it is. Security notices always come.',
      })
      .input(input.updatePreferences)
      .output(output.preferences)
      .mutation(({ ctx, input }) => updatePreferences(ctx, input)),
  },
}

export const notificationsErrors = {
  send: ['FORBIDDEN', 'NOT_FOUND', ...idempotencyErrors],
  list: ['CURSOR_INVALID'],
  markRead: ['NOT_FOUND', ...idempotencyErrors],
  markAllRead: idempotencyErrors,
  preferences: { update: idempotencyErrors },
} as const satisfies ErrorTree
