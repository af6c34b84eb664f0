import { createDatabase } from '@tenon/api'
import { afterAll, inject } from 'vitest'
import type { Person } from './people.ts'

/** The system's own, for what no page can do: let time pass, suspend, make an admin. */
export const database = createDatabase({
  url: inject('stage')?.database ?? '',
  max: 1,
  log: { warn: () => {} },
})
afterAll(() => database.destroy())

const past = (minutes: number) => new Date(Date.now() - minutes * 60_000)

/** As if the password had been given so long ago that it is asked for again. */
export async function ageSessions({ id }: Person) {
  await database
    .updateTable('sessions')
    .set({ authenticatedAt: past(11) })
    .where('userId', '=', id)
    .execute()
}

/** As if every mailed link had lain too long. */
export async function expireLinks({ id }: Person) {
  const expiresAt = past(1)
  await database.updateTable('mailTokens').set({ expiresAt }).where('userId', '=', id).execute()
  await database.updateTable('exports').set({ expiresAt }).where('userId', '=', id).execute()
  await database
    .updateTable('emailChanges')
    .set({ undoExpiresAt: expiresAt })
    .where('userId', '=', id)
    .execute()
}

export async function suspend({ id }: Person) {
  await database.updateTable('users').set({ suspendedAt: new Date() }).where('id', '=', id).execute()
}

export const makeAdmin = ({ id }: Person) => setRole('admin', [id])

/** While `work` runs, there is no other. */
export async function asOnlyAdmin({ id }: Person, work: () => Promise<void>) {
  const admins = await database
    .updateTable('users')
    .set({ role: 'user' })
    .where('role', '=', 'admin')
    .returning('id')
    .execute()
  await setRole('admin', [id])
  try {
    await work()
  } finally {
    await setRole('user', [id])
    await setRole(
      'admin',
      admins.map((admin) => admin.id),
    )
  }
}

async function setRole(role: 'user' | 'admin', ids: string[]) {
  for (const id of ids) await database.updateTable('users').set({ role }).where('id', '=', id).execute()
}
