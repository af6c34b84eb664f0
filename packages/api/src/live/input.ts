import * as z from 'zod'
import { text } from '../schemas.ts'
import { liveTopics } from './topics.ts'

export const stream = z.strictObject({
  topics: z
    .array(z.enum(liveTopics))
    .min(1)
    .max(liveTopics.length)
    .refine((topics) => new Set(topics).size === topics.length, 'Name each topic once')
    .meta({ description: 'What the stream brings', uniqueItems: true }),
  lastEventId: text(1, 100)
    .optional()
    .meta({ description: 'The id of the last event that arrived: the stream goes on behind it' }),
})
