import { sql, type Kysely, type RawBuilder } from 'kysely'
import type { Database } from '../db.ts'
import { audienceOf, type Reader } from './audiences.ts'
import type { GivenCursor, LiveCursor } from './cursor.ts'
import type { LiveTopic } from './topics.ts'

export interface EventRow {
  id: string
  transactionId: string
  topic: LiveTopic
  userId: string | null
  kind: string
  data: Record<string, unknown>
  at: Date
}

const columns = sql`id, transaction_id::text as transaction_id, topic, user_id, kind, data, at`
const isBehind = ({ transactionId, id }: LiveCursor) =>
  sql`(transaction_id, id) > (${transactionId.toString()}::xid8, ${id.toString()}::bigint)`

// Every transaction below it has ended, and none will begin there: no row can come between those below it any more.
const horizon = sql`pg_snapshot_xmin(pg_current_snapshot())`

/** How long events are kept. */
export const keptHours = 24

/** Up to `limit` events that all servers see in this order; and whether others wait for a transaction that is still open. */
export async function listSettled(db: Kysely<Database>, after: LiveCursor, limit: number) {
  const { rows } = await sql<{ areWaiting: boolean } & (EventRow | { id: null })>`
    select are_waiting, settled.*
    from (select exists (
      select from live_events
      where transaction_id >= ${horizon} and transaction_id < pg_snapshot_xmax(pg_current_snapshot())
    ) as are_waiting) as state
    left join lateral (
      select ${columns} from live_events
      where ${isBehind(after)} and transaction_id < ${horizon}
      order by live_events.transaction_id, live_events.id limit ${limit}
    ) as settled on true`.execute(db)
  return { rows: rows.filter((row) => row.id !== null), areWaiting: rows[0]?.areWaiting ?? false }
}

/** The end of the log at this moment, and whether all that came behind a cursor is still there. */
export async function findEnd(db: Kysely<Database>, given?: GivenCursor) {
  const { rows } = await sql<{ horizon: string; last: string | null; isComplete: boolean }>`
    select ${horizon}::text as horizon,
           (select transaction_id || '-' || id from live_events where transaction_id < ${horizon}
            order by live_events.transaction_id desc, live_events.id desc limit 1) as last,
           ${given ? isComplete(given) : sql`true`} as is_complete`.execute(db)
  return rows[0]!
}

/**
 * It names an event that is still there; or no event, as there was none, and was given when what came since is kept. A
 * database that was restored has no such event, or has not come so far.
 */
function isComplete({ transactionId, id, givenAt }: GivenCursor) {
  const transaction = sql`${transactionId.toString()}::xid8`
  if (givenAt) {
    return sql`${transaction} <= ${horizon}
      and ${givenAt}::timestamptz > now() - make_interval(hours => ${keptHours - 1})`
  }
  return sql`${transaction} < ${horizon} and exists (
    select from live_events where transaction_id = ${transaction} and id = ${id.toString()}::bigint)`
}

export interface Asker {
  userId: string
  topics: ReadonlySet<LiveTopic>
}

/** Up to `limit` events for somebody between two places of the log, both settled. */
export async function listMissed(
  db: Kysely<Database>,
  { userId, topics }: Asker,
  { after, until }: { after: LiveCursor; until: LiveCursor },
  limit: number,
): Promise<EventRow[]> {
  const between = sql`${isBehind(after)} and not ${isBehind(until)}`
  const branches = [...topics].map(
    (topic) => sql`
      (select ${columns} from live_events
       where ${between} and topic = ${topic} and ${isFor(userId, topic)}
       order by live_events.transaction_id, live_events.id limit ${limit})`,
  )
  const { rows } = await sql<EventRow>`
    select * from (${sql.join(branches, sql` union all `)}) as missed
    order by missed.transaction_id::xid8, missed.id limit ${limit}`.execute(db)
  return rows
}

/** By the people of the rows, so that an index finds them in a log that is mostly about others. */
function isFor(userId: string, topic: LiveTopic): RawBuilder<unknown> {
  if (topic === 'jobs') return sql`user_id is null`
  const audience = audienceOf(topic)
  if (!audience) return sql`user_id = ${userId}`
  return sql`user_id = any(array(
    select audience.user_id from (${audience}) as audience where audience.reader_id = ${userId}))`
}

/** Who of the readers is shown what these people do. */
export async function listReaders(
  db: Kysely<Database>,
  audience: RawBuilder<Reader>,
  userIds: (string | null)[],
  readerIds: string[],
): Promise<Reader[]> {
  const { rows } = await sql<Reader>`
    select user_id, reader_id from (${audience}) as audience
    where user_id = any(${userIds}::uuid[]) and reader_id = any(${readerIds}::uuid[])`.execute(db)
  return rows
}
