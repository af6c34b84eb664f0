import type { Kysely } from 'kysely'
import { toOwnEvent } from '../../audit/events.ts'
import { listEvents } from '../../audit/queries.ts'
import type { Database } from '../../db.ts'
import { inPages, type PersonalData } from '../../personal-data.ts'
import { listDevices } from './device-queries.ts'
import { listEmailChanges } from './email-queries.ts'
import { listSessions } from './queries.ts'

export const authPersonalData: PersonalData = {
  sessions: rowsOf(listSessions),
  devices: rowsOf(listDevices),
  emailChanges: rowsOf(listEmailChanges),
  events: (db, subjectId) =>
    mapped(
      inPages((before, limit) => listEvents(db, { subjectId }, { before, limit })),
      toOwnEvent,
    ),
  // What they did to others is not told with whom: that is the others' own.
  deeds: (db, actorId) =>
    mapped(
      inPages((before, limit) => listEvents(db, { actorId }, { before, limit })),
      ({ id, at, action, result, ip, agent }) => ({ id, at, action, result, ip, agent }),
    ),
}

function rowsOf(list: (db: Kysely<Database>, userId: string) => Promise<object[]>) {
  return async function* rows(db: Kysely<Database>, userId: string) {
    yield* await list(db, userId)
  }
}

async function* mapped<Row>(rows: AsyncIterable<Row>, toItem: (row: Row) => object) {
  for await (const row of rows) yield toItem(row)
}
