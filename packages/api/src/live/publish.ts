import { sql, type OperationNodeSource, type RawBuilder, type Transaction } from 'kysely'
import type { Database } from '../db.ts'
import type { LiveTopic } from './topics.ts'

export interface NewLiveEvent {
  topic: LiveTopic
  /** What happened, `post.published`. */
  kind: string
  /** Whom it is for; of a post, its author, whose followers it is for; null for whoever may read the topic. */
  userId: string | null
  /** Ids and a few words: clients read the rest when they want it. */
  data: Record<string, unknown>
}

/** The channel that wakes every server. */
export const liveChannel = 'tenon_live'

/**
 * In the transaction that caused it: streams hear of it if and only if that commits.
 * @example await publish(trx, { topic: 'posts', kind: 'post.published', userId: authorId, data: { postId } })
 */
export const publish = (trx: Transaction<Database>, { userId, ...event }: NewLiveEvent) =>
  publishFor(trx, sql`select ${userId}::uuid as id`, event)

/** Many of them, each with its own data, in one statement. */
export async function publishAll(trx: Transaction<Database>, events: readonly NewLiveEvent[]): Promise<void> {
  if (events.length === 0) return
  await trx
    .insertInto('liveEvents')
    .values(events.map(({ data, ...event }) => ({ ...event, data: JSON.stringify(data) })))
    .execute()
  await sql`select pg_notify(${liveChannel}, '')`.execute(trx)
}

/** For each of those whose `id` a query finds, in one statement that is the same for nobody; together with another, if there is one. */
export async function publishFor(
  trx: Transaction<Database>,
  people: RawBuilder<unknown>,
  { topic, kind, data }: Omit<NewLiveEvent, 'userId'>,
  cause: OperationNodeSource = sql`select`,
): Promise<void> {
  await sql`
    with cause as (${cause}), events as (
      insert into live_events (topic, user_id, kind, data)
      select ${topic}::text, people.id, ${kind}::text, ${JSON.stringify(data)}::jsonb from (${people}) as people
    )
    select pg_notify(${liveChannel}, '')`.execute(trx)
}
