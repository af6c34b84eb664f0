import type { Kysely } from 'kysely'
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
  // What others did to the account is theirs in part: no address and agent of theirs.
  events: (db, subjectId) =>
    mapped(
      inPages((before, limit) => listEvents(db, { subjectId }, { before, limit })),
      ({ ip, agent, details, ...event }) =>
        event.actorId === null || event.actorId === subjectId ? { ...event, ip, agent, details } : event,
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
