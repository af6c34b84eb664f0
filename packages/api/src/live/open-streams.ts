import type { LiveCursor } from './cursor.ts'
import type { EventQueue } from './queue.ts'
import { liveTopics, type LiveTopic } from './topics.ts'

/** Who has a stream open, and by what they came in. */
export interface Subscriber {
  userId: string
  topics: ReadonlySet<LiveTopic>
  sessionId: string
  /** When the password was last given; of no account to who came with an access token. */
  authenticatedAt: Date | null
  /** When the access token ends. */
  expiresAt: Date | null
}

export interface LiveStream extends Subscriber {
  queue: EventQueue
  /** Up to where it was brought by other means. */
  position: LiveCursor
  /** Its reader is gone. */
  leave(): void
  /** Ends it for its reader, who comes back and goes on where it was. */
  close(): void
}

/** Streams that events are handed to, found by topic and person. */
export interface OpenStreams {
  add(stream: LiveStream): void
  delete(stream: LiveStream): void
  size(): number
  /** Those of a topic; of one person, where one is named. */
  of(topic: LiveTopic, userId?: string): Iterable<LiveStream>
  /** Who has a stream of this topic. */
  people(topic: LiveTopic): string[]
}

type ByPerson = Map<string, Set<LiveStream>>

export function createOpenStreams(): OpenStreams {
  const all = new Set<LiveStream>()
  const byTopic = new Map<LiveTopic, ByPerson>(liveTopics.map((topic) => [topic, new Map()]))
  const peopleOf = (topic: LiveTopic): ByPerson => byTopic.get(topic) ?? new Map()

  return {
    add(stream) {
      all.add(stream)
      for (const topic of stream.topics) {
        const people = peopleOf(topic)
        const own = people.get(stream.userId) ?? new Set()
        people.set(stream.userId, own.add(stream))
      }
    },
    delete(stream) {
      all.delete(stream)
      for (const topic of stream.topics) {
        const own = peopleOf(topic).get(stream.userId)
        own?.delete(stream)
        if (own?.size === 0) peopleOf(topic).delete(stream.userId)
      }
    },
    size: () => all.size,
    of(topic, userId) {
      const people = peopleOf(topic)
      if (userId !== undefined) return people.get(userId) ?? []
      return [...people.values()].flatMap((own) => [...own])
    },
    people: (topic) => [...peopleOf(topic).keys()],
  }
}
