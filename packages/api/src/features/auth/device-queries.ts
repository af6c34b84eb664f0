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

/**
 * Whoever signs in next is told of, whatever they used before. The last one stays, as one that nobody has: without any, the
 * next would pass for the first.
 */
export async function forgetDevices(trx: Transaction<Database>, userId: string): Promise<void> {
  await sql`
    with forgotten as (
      delete from known_devices where user_id = ${userId} returning user_id, device, first_seen_at, last_seen_at)
    insert into known_devices (user_id, fingerprint, device, first_seen_at, last_seen_at)
    select user_id, sha256(gen_random_uuid()::text::bytea), device, first_seen_at, last_seen_at
    from forgotten order by last_seen_at desc limit 1`.execute(trx)
}

/** Not the last one that a person used: the next, whose ever it is, would pass for the first and tell nobody. */
export async function deleteForgottenDevices(
  db: Kysely<Database>,
  days: number,
  limit: number,
): Promise<number> {
  const since = new Date(Date.now() - days * 24 * 60 * 60 * 1000)
  const { numAffectedRows = 0n } = await sql`
    delete from known_devices where (user_id, fingerprint) in (
      select user_id, fingerprint from known_devices
      where last_seen_at < ${since} and exists (
        select from known_devices later
        where later.user_id = known_devices.user_id and later.last_seen_at > known_devices.last_seen_at)
      limit ${limit})`.execute(db)
  return Number(numAffectedRows)
}

export function listDevices(db: Kysely<Database>, userId: string) {
  return db
    .selectFrom('knownDevices')
    .select(['device', 'firstSeenAt', 'lastSeenAt'])
    .where('userId', '=', userId)
    .execute()
}
