import type { Transaction } from 'kysely'
import type { AuditAction } from '../../audit/actions.ts'
import type { Database } from '../../db.ts'
import { enqueue } from '../../jobs/enqueue.ts'
import { defineFact, react } from '../../reactions.ts'
import { mailNotice } from './jobs.ts'

export interface Notice {
  /** Of the audit log. */
  eventId: string
  userId: string
  action: AuditAction
}

/** Somebody is told what happened to their account. */
export const accountNoticed = defineFact<Notice>('account.noticed')

/** By mail, always; and wherever else a feature tells them. */
export async function giveNotice(trx: Transaction<Database>, notice: Notice): Promise<void> {
  await enqueue(trx, mailNotice, { eventId: notice.eventId })
  await react(trx, accountNoticed, notice)
}
