import * as z from 'zod'
import { time } from '../schemas.ts'
import { liveTopics } from './topics.ts'

export const event = z
  .object({
    id: z.string().meta({ description: 'Where to go on from', example: '4711-12' }),
    topic: z
      .enum([...liveTopics, 'stream'])
      .meta({ description: '`stream` is about the stream itself: see `kind`' }),
    kind: z.string().meta({
      description:
        'What happened. `stream.opened` begins a stream that nobody left before, and only gives a first id. `stream.reset`: it cannot be told what was missed; read the state again',
      example: 'post.published',
    }),
    data: z.record(z.string(), z.unknown()).meta({ description: 'Ids and a few words' }),
    at: time,
  })
  .meta({ id: 'LiveEvent', description: 'Something that happened' })

export type LiveEvent = z.output<typeof event>
