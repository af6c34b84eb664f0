import { sql, type Transaction } from 'kysely'
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
export async function publish(trx: Transaction<Database>, { data, ...event }: NewLiveEvent): Promise<void> {
  await trx
    .insertInto('liveEvents')
    .values({ ...event, data: JSON.stringify(data) })
    .execute()
  await sql`select pg_notify(${liveChannel}, '')`.execute(trx)
}
