import type { ColumnType, Generated } from 'kysely'
import type { LiveTopic } from './topics.ts'

export interface LiveTables {
  liveEvents: {
    id: Generated<string>
    /** Of the transaction that wrote it; PostgreSQL's xid8, as text. */
    transactionId: Generated<string>
    topic: LiveTopic
    /** Whom it is for; of a post, whose followers it is for; null for whoever may read the topic. */
    userId: string | null
    kind: string
    data: ColumnType<Record<string, unknown>, string, never>
    at: Generated<Date>
  }
  /** The streams that people have open. */
  liveStreams: {
    userId: string
    /** From 1: a person has so many. */
    slot: number
    /** The process that keeps it open. */
    serverId: string
    /** Unless it is renewed. */
    until: Date
  }
}
