import type { Kysely } from 'kysely'
import type { Database } from '../db.ts'
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

/** Newest first; one more than `limit`. */
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
    .$if(since !== undefined, (query) => query.where('at', '>=', new Date(since!)))
    .$if(until !== undefined, (query) => query.where('at', '<', new Date(until!)))
    .$if(before !== undefined, (query) => query.where('id', '<', before!))
    .orderBy('id', 'desc')
    .limit(limit + 1)
    .execute()
}

export type EventRow = Awaited<ReturnType<typeof listEvents>>[number]

export function findEvent(db: Kysely<Database>, id: string) {
  return db.selectFrom('auditEvents').select(columns).where('id', '=', id).executeTakeFirst()
}

/** Up to `limit` of those whose time has come; how many there were. */
export async function deleteExpiredEvents(db: Kysely<Database>, limit: number): Promise<number> {
  const { numDeletedRows } = await db
    .deleteFrom('auditEvents')
    .where('id', 'in', (eb) =>
      eb.selectFrom('auditEvents').select('id').where('expiresAt', '<=', new Date()).limit(limit),
    )
    .executeTakeFirst()
  return Number(numDeletedRows)
}

/** What is left of these people in the log is that something happened to an id. */
export async function forgetPeople(db: Kysely<Database>, ids: readonly string[]): Promise<void> {
  await db
    .updateTable('auditEvents')
    .set({ ip: null, agent: null, details: null })
    .where((eb) => eb.or([eb('subjectId', 'in', ids), eb('actorId', 'in', ids)]))
    .execute()
}
