import type { z } from 'zod'
import type { UserContext } from '../context.ts'
import { fail } from '../errors.ts'
import { isPermitted } from '../features/auth/permissions.ts'
import type { Principal } from '../features/auth/principal.ts'
import type * as input from './input.ts'
import type { Subscriber } from './open-streams.ts'
import type { LiveEvents } from './reading.ts'
import type { LiveTopic } from './topics.ts'

/** Everybody hears what is theirs; the jobs those whose role allows it, by the session itself as all of the staff's. */
export async function openStream(
  ctx: UserContext,
  { topics, lastEventId }: z.output<typeof input.stream>,
  signal: AbortSignal | undefined,
): Promise<LiveEvents> {
  const { principal, response } = ctx
  const mayHearJobs = principal.via === 'session' && isPermitted(principal.user.role, 'jobs:read')
  if (topics.includes('jobs') && !mayHearJobs) throw fail('FORBIDDEN')
  return ctx.live.open(toSubscriber(principal, topics), { lastEventId, signal, cut: response.cut })
}

function toSubscriber({ user, session, via, expiresAt }: Principal, topics: LiveTopic[]): Subscriber {
  return {
    userId: user.id,
    topics: new Set(topics),
    sessionId: session.id,
    authenticatedAt: via === 'session' ? session.authenticatedAt : null,
    expiresAt: expiresAt ?? null,
  }
}
