import * as z from 'zod'
import { forgetPeople } from '../../audit/queries.ts'
import { recordAll } from '../../audit/record.ts'
import { inTransaction } from '../../db.ts'
import type { Deps } from '../../deps.ts'
import { inBatches } from '../../jobs/batches.ts'
import { defineJob } from '../../jobs/define.ts'
import { wayBackDays } from '../auth/account.ts'
import { deleteExpiredExports } from './export-queries.ts'
import { makeExport } from './make-export.ts'
import { eraseLapsedUsers } from './queries.ts'

/** What a deleted or never verified account leaves behind goes with its row, its reserved names too. */
export const eraseUsers = defineJob({
  name: 'users:erase',
  payload: z.object({}),
  retries: 3,
  cron: '23 3 * * *',
  run: (deps, _payload, { signal }) => inBatches((limit) => eraseBatch(deps, limit), signal),
})

/** The log keeps that it happened, to an id that is nobody's now. */
function eraseBatch({ db, settings }: Deps, limit: number): Promise<number> {
  return inTransaction(db, async (trx) => {
    const ids = await eraseLapsedUsers(trx, wayBackDays, limit)
    if (ids.length === 0) return 0
    await forgetPeople(trx, ids)
    await recordAll(
      trx,
      { settings },
      ids.map((subjectId) => ({ action: 'user.erased', subjectId })),
    )
    return ids.length
  })
}

export const sweepExports = defineJob({
  name: 'users:sweep-exports',
  payload: z.object({}),
  retries: 0,
  cron: '41 * * * *',
  run: ({ db }) => deleteExpiredExports(db),
})

export const usersJobs = [eraseUsers, makeExport, sweepExports]
