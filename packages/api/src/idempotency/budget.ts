import type { Kysely } from 'kysely'
import type { Database } from '../db.ts'
import { deleteOldest } from './queries.ts'

/** Of one person. More make the oldest go: nobody is refused for the keys that they, or a thief, have used. */
const budget = { keys: 10_000, bytes: 20_000_000 }

/** What comes in the mean between two looks, as it takes milliseconds to look through so many. */
const unseen = { keys: 100, bytes: 500_000 }

/** Short also where a great deal has come together. */
const mostAtOnce = 1_000

/** By chance, so that no call pays for all; the more an answer adds, the likelier. */
export async function keepWithinBudget(db: Kysely<Database>, userId: string, answer: string): Promise<void> {
  const chance = 1 / unseen.keys + Buffer.byteLength(answer) / unseen.bytes
  if (Math.random() < chance) await deleteOldest(db, userId, budget, mostAtOnce)
}
