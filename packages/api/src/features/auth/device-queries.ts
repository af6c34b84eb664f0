import { sql, type Kysely, type Transaction } from 'kysely'
import type { Database } from '../../db.ts'

/** Whether it is new to somebody who had others before: the first one is the one they registered with. */
export async function upsertKnownDevice(
  trx: Transaction<Database>,
  { userId, fingerprint, device }: { userId: string; fingerprint: Buffer; device: string },
): Promise<boolean> {
  const { rows } = await sql<{ isNew: boolean }>`
    insert into known_devices (user_id, fingerprint, device) values (${userId}, ${fingerprint}, ${device})
    on conflict (user_id, fingerprint) do update set last_seen_at = now()
    returning xmax = 0 and exists (select from known_devices others where others.user_id = ${userId}) as is_new
    `.execute(trx)
  return rows[0]?.isNew === true
}

/** Not the last one that a person used: the next, whose ever it is, would pass for the first and tell nobody. */
export async function deleteForgottenDevices(db: Kysely<Database>, days: number): Promise<void> {
  const since = new Date(Date.now() - days * 24 * 60 * 60 * 1000)
  await db
    .deleteFrom('knownDevices')
    .where('lastSeenAt', '<', since)
    .where(({ exists, selectFrom }) =>
      exists(
        selectFrom('knownDevices as later')
          .select('later.device')
          .whereRef('later.userId', '=', 'knownDevices.userId')
          .whereRef('later.lastSeenAt', '>', 'knownDevices.lastSeenAt'),
      ),
    )
    .execute()
}

export function listDevices(db: Kysely<Database>, userId: string) {
  return db
    .selectFrom('knownDevices')
    .select(['device', 'firstSeenAt', 'lastSeenAt'])
    .where('userId', '=', userId)
    .execute()
}
