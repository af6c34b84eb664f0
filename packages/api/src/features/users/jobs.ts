import type { Kysely } from 'kysely'
import * as z from 'zod'
import { forgetPerson } from '../../audit/jobs.ts'
import { record } from '../../audit/record.ts'
import { inTransaction, type Database } from '../../db.ts'
import type { Deps } from '../../deps.ts'
import { deleteExpired, inBatches } from '../../jobs/batches.ts'
import { defineJob } from '../../jobs/define.ts'
import { enqueue } from '../../jobs/enqueue.ts'
import { wayBackDays } from '../auth/account.ts'
import { makeExport } from './make-export.ts'
import { eraseLapsedUser, listLapsedUsers } from './queries.ts'

/** What a deleted or never verified account leaves behind goes with its row, its reserved names too. */
export const eraseUsers = defineJob({
  name: 'users:erase',
  payload: z.object({}),
  retries: 3,
  cron: { schedule: '23 3 * * *', backfillMinutes: 1440 },
  async run(deps, _payload, { signal }) {
    const failures: Error[] = []
    for await (const id of lapsedUsers(deps.db)) {
      signal.throwIfAborted()
      // One that fails keeps nobody else from being erased.
      await eraseUser(deps, id).catch((cause: unknown) => {
        failures.push(new Error(`${id} was not erased`, { cause }))
      })
    }
    if (failures.length > 0) throw new Error(`${failures.length} were not erased`, { cause: failures[0] })
  },
})

async function* lapsedUsers(db: Kysely<Database>): AsyncIterable<string> {
  const limit = 500
  for (let last = nilId; ;) {
    const ids = await listLapsedUsers(db, wayBackDays, last, limit)
    yield* ids
    if (ids.length < limit) return
    last = ids.at(-1)!
  }
}

const nilId = '00000000-0000-0000-0000-000000000000'

/** The log keeps that it happened, to an id that is nobody's now. */
function eraseUser({ db, settings }: Deps, id: string): Promise<void> {
  return inTransaction(db, async (trx) => {
    if (!(await eraseLapsedUser(trx, id, wayBackDays))) return
    await record(trx, { settings }, { action: 'user.erased', subjectId: id })
    await enqueue(trx, forgetPerson, { id })
  })
}

export const sweepExports = defineJob({
  name: 'users:sweep-exports',
  payload: z.object({}),
  retries: 3,
  cron: { schedule: '41 * * * *', backfillMinutes: 60 },
  run: ({ db }, _payload, { signal }) =>
    inBatches((limit) => deleteExpired(db, 'exports', 'expires_at', limit), signal),
})

export const usersJobs = [eraseUsers, makeExport, sweepExports]
