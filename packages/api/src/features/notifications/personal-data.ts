import { inPages, type PersonalData } from '../../personal-data.ts'
import { listDigestsOf } from './digest-queries.ts'
import { listMessagesOf } from './message-queries.ts'
import { listChoicesForExport } from './preference-queries.ts'
import { listNotificationsOf } from './queries.ts'

export const notificationsPersonalData: PersonalData = {
  notifications: (db, userId) => inPages((before, limit) => listNotificationsOf(db, userId, before, limit)),
  async *notificationPreferences(db, userId) {
    yield* await listChoicesForExport(db, userId)
  },
  async *digests(db, userId) {
    yield* await listDigestsOf(db, userId)
  },
  // Not to whom: that is the others' own.
  messages: (db, userId) => inPages((before, limit) => listMessagesOf(db, userId, before, limit)),
}
