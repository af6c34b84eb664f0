import { sql, type Kysely, type RawBuilder } from 'kysely'
import type { Database } from '../db.ts'
import { firstIdAt } from '../ids.ts'
import type { AuditAction, AuditResult } from './actions.ts'

export interface EventFilter {
  subjectId?: string | undefined
  actorId?: string | undefined
  action?: AuditAction | undefined
  result?: AuditResult | undefined
  since?: string | undefined
  until?: string | undefined
}

const columns = [
  'auditEvents.id',
  'auditEvents.at',
  'auditEvents.action',
  'auditEvents.result',
  'auditEvents.actorId',
  'auditEvents.subjectId',
  'auditEvents.requestId',
  'auditEvents.ip',
  'auditEvents.agent',
  'auditEvents.details',
] as const

// The clock of the process that made the id is not PostgreSQL's; and a transaction may have begun a while before.
const minute = 60_000

/** Newest first; one more than `limit`. By the times that are in the ids, so that an index serves it. */
export function listEvents(
  db: Kysely<Database>,
  { subjectId, actorId, action, result, since, until }: EventFilter,
  { before, limit }: { before?: string | undefined; limit: number },
) {
  return db
    .selectFrom('auditEvents')
    .select(columns)
    .$if(subjectId !== undefined, (query) => query.where('subjectId', '=', subjectId!))
    .$if(actorId !== undefined, (query) => query.where('actorId', '=', actorId!))
    .$if(action !== undefined, (query) => query.where('action', '=', action!))
    .$if(result !== undefined, (query) => query.where('result', '=', result!))
    .$if(since !== undefined, (query) =>
      query.where('at', '>=', new Date(since!)).where('id', '>=', firstIdAt(since!, -minute)),
    )
    .$if(until !== undefined, (query) =>
      query.where('at', '<', new Date(until!)).where('id', '<', firstIdAt(until!, minute)),
    )
    .$if(before !== undefined, (query) => query.where('id', '<', before!))
    .orderBy('id', 'desc')
    .limit(limit + 1)
    .execute()
}

export type EventRow = Awaited<ReturnType<typeof listEvents>>[number]

export function findEvent(db: Kysely<Database>, id: string) {
  return db.selectFrom('auditEvents').select(columns).where('id', '=', id).executeTakeFirst()
}

/** Of what concerned somebody stays that it happened, to an id. Up to `limit` events; how many there were. */
export const forgetSubject = (db: Kysely<Database>, id: string, limit: number) =>
  forget(
    db,
    limit,
    sql`ip = null, agent = null, details = null`,
    sql`subject_id = ${id} and (ip is not null or agent is not null or details is not null)`,
  )

/** What somebody did to others stays a deed, without the place that they did it from. */
export const forgetActor = (db: Kysely<Database>, id: string, limit: number) =>
  forget(
    db,
    limit,
    sql`ip = null, agent = null`,
    sql`actor_id = ${id} and (ip is not null or agent is not null)`,
  )

async function forget(
  db: Kysely<Database>,
  limit: number,
  changes: RawBuilder<unknown>,
  held: RawBuilder<unknown>,
) {
  const { numAffectedRows = 0n } = await sql`
    update audit_events set ${changes}
    where id in (select id from audit_events where ${held} limit ${limit})`.execute(db)
  return Number(numAffectedRows)
}
