import type { Kysely, Transaction } from 'kysely'
import type { Database } from '../../db.ts'
import type { Channels, KindName } from './kinds.ts'

const columns = ['kind', 'inApp', 'mail', 'digest'] as const

/** What these people chose for one kind. Who chose nothing is not among them. */
export function listChoices(db: Kysely<Database>, kind: KindName, userIds: readonly string[]) {
  return db
    .selectFrom('notificationPreferences')
    .select(['userId', 'inApp', 'mail', 'digest'])
    .where('kind', '=', kind)
    .where(({ eb, val }) => eb('userId', '=', eb.fn.any(val([...userIds]))))
    .execute()
}

/** What one person chose, for each kind. */
export const listChoicesOf = (db: Kysely<Database>, userId: string) =>
  db.selectFrom('notificationPreferences').select(columns).where('userId', '=', userId).execute()

export const listChoicesForExport = (db: Kysely<Database>, userId: string) =>
  db
    .selectFrom('notificationPreferences')
    .select([...columns, 'updatedAt'])
    .where('userId', '=', userId)
    .execute()

/** From now on no other call of this person changes them. Undefined when they are gone. */
export function lockPreferences(trx: Transaction<Database>, userId: string) {
  return trx
    .selectFrom('users')
    .select('id')
    .where('id', '=', userId)
    .where('deletedAt', 'is', null)
    .forNoKeyUpdate()
    .executeTakeFirst()
}

export async function upsertChoice(
  trx: Transaction<Database>,
  userId: string,
  kind: KindName,
  channels: Channels,
): Promise<void> {
  await trx
    .insertInto('notificationPreferences')
    .values({ userId, kind, ...channels })
    .onConflict((conflict) =>
      conflict.columns(['userId', 'kind']).doUpdateSet({ ...channels, updatedAt: new Date() }),
    )
    .execute()
}
