import type { Kysely, Transaction } from 'kysely'
import type { z } from 'zod'
import type { UserContext } from '../../context.ts'
import { inTransaction, type Database } from '../../db.ts'
import { fail } from '../../errors.ts'
import type * as input from './input.ts'
import { kindNames, kinds, type Channels, type KindName } from './kinds.ts'
import { listChoices, listChoicesOf, lockPreferences, upsertChoice } from './preference-queries.ts'

export type Preferences = Record<KindName, Channels>

/** For every kind, chosen or not. */
export async function getPreferences(db: Kysely<Database>, userId: string): Promise<Preferences> {
  const choices = new Map((await listChoicesOf(db, userId)).map(({ kind, ...channels }) => [kind, channels]))
  const entries = kindNames.map((name) => [name, settled(name, choices.get(name))] as const)
  return Object.fromEntries(entries) as Preferences
}

/** What is fixed stays, whatever was chosen while it was not. */
const settled = (name: KindName, chosen: Channels | undefined): Channels =>
  kinds[name].isFixed || !chosen ? kinds[name].defaults : chosen

/** How each of these people wants to be told of this kind. */
export async function channelsOf(
  db: Kysely<Database>,
  name: KindName,
  userIds: readonly string[],
): Promise<(userId: string) => Channels> {
  const choices = kinds[name].isFixed ? [] : await listChoices(db, name, userIds)
  const byUser = new Map(choices.map(({ userId, ...channels }) => [userId, channels]))
  return (userId) => byUser.get(userId) ?? kinds[name].defaults
}

type Changes = z.output<typeof input.updatePreferences>

/** What is not named stays as it is. @throws VALIDATION_ERROR for what nobody may choose */
export async function updatePreferences({ db, principal }: UserContext, changes: Changes) {
  const { id } = principal.user
  refuseFixed(changes)
  return inTransaction(db, async (trx) => {
    // Deleted by an earlier call of the same batch, or at the same time.
    if (!(await lockPreferences(trx, id))) throw fail('UNAUTHORIZED')
    await applyChanges(trx, id, changes)
    return getPreferences(trx, id)
  })
}

async function applyChanges(trx: Transaction<Database>, userId: string, changes: Changes): Promise<void> {
  const current = await getPreferences(trx, userId)
  for (const name of kindNames) {
    const { inApp, mail, digest } = current[name]
    const given = changes[name]
    if (!given || kinds[name].isFixed) continue
    await upsertChoice(trx, userId, name, {
      inApp: given.inApp ?? inApp,
      mail: given.mail ?? mail,
      digest: given.digest ?? digest,
    })
  }
}

/** To say again what is so is allowed: a client may send back all that it read. */
function refuseFixed(changes: Changes): void {
  const wrong = kindNames.flatMap((name) => {
    const { isFixed, defaults } = kinds[name]
    const given = Object.entries(changes[name] ?? {}) as [keyof Channels, boolean][]
    return given.filter(([channel, is]) => isFixed && is !== defaults[channel]).map(([to]) => `${name}.${to}`)
  })
  if (wrong.length === 0) return
  const fields = wrong.map((path) => [path, ['Cannot be changed']])
  throw fail('VALIDATION_ERROR', { fields: Object.fromEntries(fields) })
}
