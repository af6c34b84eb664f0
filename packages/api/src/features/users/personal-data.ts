import type { PersonalData } from '../../personal-data.ts'
import { findWholeUser } from './queries.ts'

export const usersPersonalData: PersonalData = {
  async *account(db, userId) {
    const account = await findWholeUser(db, userId)
    if (account) yield account
  },
}
