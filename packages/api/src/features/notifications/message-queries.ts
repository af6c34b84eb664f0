import type { Kysely, Transaction } from 'kysely'
import type { Database } from '../../db.ts'
import type { Role } from '../auth/roles.ts'

export interface NewMessage {
  id: string
  senderId: string
  recipientId: string | null
  role: Role | null
  subject: string
  message: string
}

export async function insertMessage(trx: Transaction<Database>, message: NewMessage): Promise<void> {
  await trx.insertInto('messages').values(message).execute()
}

export function findMessage(db: Kysely<Database>, id: string) {
  return db
    .selectFrom('messages')
    .select(['recipientId', 'role', 'subject', 'message'])
    .where('id', '=', id)
    .executeTakeFirst()
}

/** Whoever of this role can read, from this id on: up to `limit`, in the order of their ids. */
export async function listIdsByRole(
  db: Kysely<Database>,
  role: Role,
  after: string | undefined,
  limit: number,
): Promise<string[]> {
  const rows = await db
    .selectFrom('users')
    .select('id')
    .where('role', '=', role)
    .where('deletedAt', 'is', null)
    .where('suspendedAt', 'is', null)
    .$if(after !== undefined, (query) => query.where('id', '>', after!))
    .orderBy('id')
    .limit(limit)
    .execute()
  return rows.map(({ id }) => id)
}

/** For the export of whoever sent them. */
export function listMessagesOf(
  db: Kysely<Database>,
  senderId: string,
  before: string | undefined,
  limit: number,
) {
  return db
    .selectFrom('messages')
    .select(['id', 'role', 'subject', 'message', 'createdAt'])
    .where('senderId', '=', senderId)
    .$if(before !== undefined, (query) => query.where('id', '<', before!))
    .orderBy('id', 'desc')
    .limit(limit + 1)
    .execute()
}
