import type { RawBuilder } from 'kysely'
import type { LiveTopic } from './topics.ts'

/** Somebody, and who is shown what they do. */
export interface Reader {
  userId: string
  readerId: string
}

/**
 * Of topics whose events are for others than the person of the row: who for, as a query of `user_id` and `reader_id`. It is asked
 * at each event, so that whoever follows or follows no more is shown what they should from then on.
 */
export type Audiences = Partial<Record<LiveTopic, RawBuilder<Reader>>>

let declared: Audiences = {}

/** Called once by `router.ts`, which knows every feature. */
export function declareAudiences(audiences: Audiences): void {
  declared = audiences
}

/** Without a declaration the topic is for the person of the row alone. */
export const audienceOf = (topic: LiveTopic): RawBuilder<Reader> | undefined => declared[topic]
