import type { Kysely } from 'kysely'
import type { Database } from './db.ts'

/** What a feature holds on a person, by its name in the export. Row by row: the whole may be large. */
export type PersonalData = Readonly<
  Record<string, (db: Kysely<Database>, userId: string) => AsyncIterable<object>>
>

let declared: PersonalData = {}

/** Called once by `router.ts`, which knows every feature; the feature that exports is left of most of them. */
export function declarePersonalData(data: PersonalData): void {
  declared = data
}

export class TooMuchData extends Error {}

/** Everything that is held on a person. @throws {TooMuchData} when it would take more than `maxBytes` as JSON */
export async function collectPersonalData(
  db: Kysely<Database>,
  userId: string,
  maxBytes = Infinity,
): Promise<Record<string, object[]>> {
  const collected: Record<string, object[]> = {}
  let bytes = 0
  for (const [name, rowsOf] of Object.entries(declared)) {
    const rows: object[] = []
    for await (const row of rowsOf(db, userId)) {
      bytes += Buffer.byteLength(JSON.stringify(row))
      if (bytes > maxBytes) throw new TooMuchData()
      rows.push(row)
    }
    collected[name] = rows
  }
  return collected
}

/** Page after page of a list that is ordered by id, newest first, and gives one row more than its limit. */
export async function* inPages<Row extends { id: string }>(
  list: (before: string | undefined, limit: number) => Promise<Row[]>,
): AsyncIterable<Row> {
  const limit = 100
  for (let before: string | undefined; ;) {
    const rows = await list(before, limit)
    yield* rows.slice(0, limit)
    before = rows[limit - 1]?.id
    if (rows.length <= limit) return
  }
}
