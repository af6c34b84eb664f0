import type { ErrorTree } from '../declared-errors.ts'
import { userProcedure } from '../trpc.ts'
import * as input from './input.ts'
import * as output from './output.ts'
import { openStream } from './streams.ts'

export const live = {
  stream: userProcedure
    .meta({
      rest: 'GET /live',
      streamOf: output.event,
      summary: 'Hear what happens',
      description:
        'Events of the topics that are named, as they happen. Who comes back with the id of the last one is told what was missed, for a day. The topic `jobs` needs the permission `jobs:read`.',
    })
    .input(input.stream)
    .subscription(({ ctx, input, signal }) => openStream(ctx, input, signal)),
}

export const liveErrors = { stream: ['FORBIDDEN', 'CURSOR_INVALID'] } as const satisfies ErrorTree
