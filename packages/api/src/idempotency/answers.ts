import type { Kysely, Transaction } from 'kysely'
import * as z from 'zod'
import type { Database } from '../db.ts'
import { fail } from '../errors.ts'
import type { Claim } from './claim.ts'
import { findAnswer, findStanding, insertAnswer, lockKey } from './queries.ts'

const hours = 24
const maxKeys = 10_000

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
 * @throws IDEMPOTENCY_IN_FLIGHT, also when another was answered just now; RATE_LIMITED
 */
export async function lay(trx: Transaction<Database>, claim: Claim): Promise<void> {
  if (!(await lockKey(trx, claim.lockKey))) throw inFlight()
  const { isAnswered, fullUntil } = await findStanding(trx, claim, maxKeys)
  if (isAnswered) throw inFlight()
  if (fullUntil) throw fail('RATE_LIMITED', { retryAfterSeconds: secondsUntil(fullUntil) })
}

/** In the transaction of the effect: they are there together, or neither is. */
export async function keepAnswer(db: Kysely<Database>, claim: Claim, output: unknown): Promise<void> {
  const [[id], [bodyMac]] = [claim.ids, claim.bodyMacs]
  const userId = claim.userId ?? personIn(output)
  const row = { id, userId, bodyMac, answer: JSON.stringify(output) }
  if (!(await insertAnswer(db, row, hours))) throw inFlight()
}

const inFlight = () => fail('IDEMPOTENCY_IN_FLIGHT', { retryAfterSeconds: 1 })

const secondsUntil = (time: Date) => Math.max(1, Math.ceil((time.getTime() - Date.now()) / 1000))

/** An answer to nobody is of the person that it tells of, and goes when they are erased. */
const personIn = (output: unknown) => z.object({ id: z.uuid() }).parse(output).id
