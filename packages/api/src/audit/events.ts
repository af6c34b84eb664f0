import type { Kysely } from 'kysely'
import type { z } from 'zod'
import type { Database } from '../db.ts'
import { deviceOf } from '../features/auth/device.ts'
import { decodeCursor, idKey, toPage } from '../pagination.ts'
import type * as input from './input.ts'
import type * as output from './output.ts'
import { listEvents, type EventRow } from './queries.ts'

/** For those who may read everybody's. */
export async function getEventPage(
  db: Kysely<Database>,
  { limit, cursor, ...filter }: z.output<typeof input.events>,
) {
  const before = decodeCursor(cursor, idKey)?.[0]
  return toPage(await listEvents(db, filter, { before, limit }), limit, toEvent, ({ id }) => [id])
}

/** For the person concerned. */
export async function getOwnEventPage(
  db: Kysely<Database>,
  subjectId: string,
  { limit, cursor, ...filter }: z.output<typeof input.ownEvents>,
) {
  const before = decodeCursor(cursor, idKey)?.[0]
  const rows = await listEvents(db, { ...filter, subjectId }, { before, limit })
  return toPage(rows, limit, toOwnEvent, ({ id }) => [id])
}

export function toEvent({ at, agent, ...row }: EventRow): z.output<typeof output.event> {
  return { ...row, at: at.toISOString(), device: agent === null ? null : deviceOf(agent) }
}

/** Who of the staff acted, from where, and why, is the staff's. */
export function toOwnEvent(row: EventRow): z.output<typeof output.ownEvent> {
  const { actorId: _actor, subjectId: _subject, requestId: _request, ...event } = toEvent(row)
  const by = actorOf(row)
  return by === 'staff' ? { ...event, by, ip: null, device: null, details: null } : { ...event, by }
}

function actorOf({ actorId, subjectId, requestId }: EventRow) {
  if (actorId !== null) return actorId === subjectId ? 'self' : 'staff'
  return requestId === null ? 'system' : 'unknown'
}
