import type { PersonalData } from '../../personal-data.ts'
import { listFollowsOf } from './follow-queries.ts'
import { findWholeUser } from './queries.ts'

export const usersPersonalData: PersonalData = {
  async *account(db, userId) {
    const account = await findWholeUser(db, userId)
    if (account) yield account
  },
  // Who follows them is the others' own.
  async *follows(db, userId) {
    yield* await listFollowsOf(db, userId)
  },
}
