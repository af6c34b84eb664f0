import type { Transaction } from 'kysely'
import { record, type AuditSource } from '../../audit/record.ts'
import type { Database } from '../../db.ts'
import { fail, notFound } from '../../errors.ts'
import type { Role } from '../auth/roles.ts'
import { lockAdmins, lockUser, updateRole } from './queries.ts'

/**
 * To be asked first in whatever takes an admin away. All of them stay locked until the transaction ends, so that of any
 * number who leave at once one stays.
 * @throws LAST_ADMIN
 */
export async function keepAnAdmin(trx: Transaction<Database>, leavingId: string): Promise<void> {
  const ids = await lockAdmins(trx, leavingId)
  if (ids.length === 1 && ids[0] === leavingId) throw fail('LAST_ADMIN')
}

/** Holds on their next request. @throws NOT_FOUND, LAST_ADMIN */
export async function changeRole(
  trx: Transaction<Database>,
  source: AuditSource,
  id: string,
  role: Role,
): Promise<void> {
  if (role !== 'admin') await keepAnAdmin(trx, id)
  const before = await lockUser(trx, id)
  if (!before) throw notFound('user')
  if (before.role === role) return
  await updateRole(trx, id, role)
  const details = { before: before.role, after: role }
  await record(trx, source, { action: 'user.role-changed', subjectId: id, details })
}
