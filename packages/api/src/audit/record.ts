import { sql, type Kysely, type Transaction } from 'kysely'
import type { IncomingRequest } from '../context.ts'
import { inTransaction, type Database } from '../db.ts'
import type { Settings } from '../deps.ts'
import type { Principal } from '../features/auth/principal.ts'
import { newId } from '../ids.ts'
import { outsideOf } from '../lazy-transaction.ts'
import { publishFor } from '../live/publish.ts'
import type { AuditAction, AuditResult } from './actions.ts'
import type { AuditDetails } from './tables.ts'

/** A procedure's context; or what a job or an operator has, who come with no request. */
export interface AuditSource {
  settings: Settings
  request?: Pick<IncomingRequest, 'id' | 'ip' | 'userAgent'>
  principal?: Principal | null
}

export interface NewAuditEvent {
  action: AuditAction
  result?: AuditResult
  /** Whoever is signed in, unless stated. */
  actorId?: string | null
  subjectId: string | null
  /** What was before and is after; never a secret. */
  details?: AuditDetails
}

/**
 * In the transaction that did it, so that there is no deed without its event and no event without its deed. Whom it concerns hears
 * of it at once.
 */
export async function record(
  trx: Transaction<Database>,
  source: AuditSource,
  event: NewAuditEvent,
): Promise<string> {
  const row = toRow(source, event)
  // Told of nobody, too: whether an address has an account is not to be seen by what is done for it.
  const subject = sql`select ${row.subjectId}::uuid as id`
  await publishFor(trx, subject, toLive(row), trx.insertInto('auditEvents').values(row))
  return row.id
}

/** A refusal changed nothing, so its event stands alone, also where what was done besides is rolled back. */
export async function recordFailure(
  db: Kysely<Database>,
  source: AuditSource,
  event: NewAuditEvent,
): Promise<void> {
  await inTransaction(outsideOf(db), (trx) => record(trx, source, { ...event, result: 'failure' }))
}

/** Of whoever has this address. The same statement for an address without an account, where it inserts nothing. */
export async function recordForAddress(
  trx: Transaction<Database>,
  source: AuditSource,
  email: string,
  event: Omit<NewAuditEvent, 'subjectId'>,
): Promise<void> {
  const row = toRow(source, { ...event, subjectId: null })
  const subject = sql`select id from users where email = ${email}`
  const insertion = sql`
    insert into audit_events (id, action, result, subject_id, request_id, ip, agent, expires_at)
    select ${row.id}::uuid, ${row.action}::text, ${row.result}::text, subject.id, ${row.requestId}::text, ${row.ip}::text,
           ${row.agent}::text, ${row.expiresAt}::timestamptz
    from (${subject}) as subject`
  await publishFor(trx, subject, toLive(row), insertion)
}

const toLive = ({ id, action, result }: ReturnType<typeof toRow>) => ({
  topic: 'security' as const,
  kind: action,
  data: { eventId: id, result },
})

function toRow({ settings, request, principal }: AuditSource, event: NewAuditEvent) {
  const { action, result = 'success', actorId = principal?.user.id ?? null, subjectId, details } = event
  return {
    id: newId(),
    action,
    result,
    actorId,
    subjectId,
    requestId: request?.id ?? null,
    ip: request?.ip ?? null,
    agent: request?.userAgent?.slice(0, 500) ?? null,
    details: details ? JSON.stringify(details) : null,
    expiresAt: new Date(Date.now() + settings.auditDays * 24 * 60 * 60 * 1000),
  }
}
