import { randomBytes } from 'node:crypto'
import { createVerifiedUser, Failure, hasAdmin, hasUsers, type Deps } from '@tenon/api'

export const firstAdmin = { email: 'admin@example.com', username: 'admin' }

/** Whether there still is one by that address, now that people may have changed it. */
export const hasFirstAdmin = ({ db }: Deps) => hasAdmin(db, firstAdmin.email)

/** An empty database gets an admin. Returns the password, which is stored nowhere; undefined when there are users. */
export async function createFirstAdmin(deps: Deps): Promise<string | undefined> {
  if (await hasUsers(deps.db)) return undefined
  // The prefix has what the rules for passwords ask for.
  const password = `Tn1-${randomBytes(15).toString('base64url')}`
  try {
    await createVerifiedUser(deps, { ...firstAdmin, password }, 'admin')
    return password
  } catch (error) {
    // Another process started at the same time and was first.
    if (error instanceof Failure && error.status === 409) return undefined
    throw error
  }
}
