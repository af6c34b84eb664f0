import type { Kysely, Transaction } from 'kysely'
import * as z from 'zod'
import type { Database } from '../db.ts'
import { fail } from '../errors.ts'
import { keepWithinBudget } from './budget.ts'
import type { Claim } from './claim.ts'
import { findAnswer, insertAnswer, lockKey } from './queries.ts'

const hours = 24

/** What was answered the first time, as JSON. @throws IDEMPOTENCY_MISMATCH when something else was asked then */
export async function findFirstAnswer(
  db: Kysely<Database>,
  { ids, bodyMacs }: Claim,
): Promise<string | undefined> {
  const first = await findAnswer(db, ids)
  if (first && !bodyMacs.some((mac) => mac.equals(first.bodyMac))) throw fail('IDEMPOTENCY_MISMATCH')
  return first?.answer
}

/**
 * With the first statement of the effect's transaction: of several at once one goes on.
 * @throws IDEMPOTENCY_IN_FLIGHT, also when another was answered just now
 */
export async function lay(trx: Transaction<Database>, claim: Claim): Promise<void> {
  const isOurs = await lockKey(trx, claim.lockKey)
  if (!isOurs || (await findAnswer(trx, claim.ids))) throw inFlight()
}

/** In the transaction of the effect: they are there together, or neither is. */
export async function keepAnswer(db: Kysely<Database>, claim: Claim, output: unknown): Promise<void> {
  const [[id], [bodyMac]] = [claim.ids, claim.bodyMacs]
  const userId = claim.userId ?? personIn(output)
  const answer = JSON.stringify(output)
  if (!(await insertAnswer(db, { id, userId, bodyMac, answer }, hours))) throw inFlight()
  await keepWithinBudget(db, userId, answer)
}

const inFlight = () => fail('IDEMPOTENCY_IN_FLIGHT', { retryAfterSeconds: 1 })

/** An answer to nobody is of the person that it tells of, and goes when they are erased. */
const personIn = (output: unknown) => z.object({ id: z.uuid() }).parse(output).id
