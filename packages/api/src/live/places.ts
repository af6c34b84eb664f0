import { sql, type Kysely } from 'kysely'
import type { Database } from '../db.ts'
import { fail } from '../errors.ts'
import { newId } from '../ids.ts'

/** One of the streams that a person may have open at a time. */
export interface Place {
  userId: string
  slot: number
}

export interface Places {
  /** @throws RATE_LIMITED when all are taken */
  take(userId: string): Promise<Place>
  release(place: Place): void
  /** To be called more often than every 30 s, one call after the other: of a process that says nothing, the places are free. */
  renew(): Promise<void>
  /** Gives back whatever is taken. */
  stop(): Promise<void>
}

const perPerson = 10
const until = sql`now() + interval '30 seconds'`

/** Counts the streams of a person on all servers. */
export function createPlaces(db: Kysely<Database>): Places {
  const serverId = newId()
  const held = new Set<Place>()
  const releases = new Set<Promise<unknown>>()
  let renewing: Promise<unknown> = Promise.resolve()

  return {
    async take(userId) {
      for (;;) {
        const { slot, wasFull } = await claim(db, serverId, userId, slotsOf(userId))
        if (slot !== null) return hold({ userId, slot })
        // Somebody else took the free one that was found, so this ends.
        if (wasFull) throw fail('RATE_LIMITED', { retryAfterSeconds: 10 }, tooMany)
      }
    },
    release(place) {
      if (!held.delete(place)) return
      // A renewal that is under way would bring it back. One that cannot be given back lapses by itself.
      const release = renewing.then(() => free(db, serverId, place)).catch(() => {})
      releases.add(release)
      void release.then(() => releases.delete(release))
    },
    renew() {
      const renewal = renew(db, serverId, [...held])
      renewing = renewal.catch(() => {})
      return renewal
    },
    async stop() {
      held.clear()
      await Promise.all([renewing, ...releases])
      await db.deleteFrom('liveStreams').where('serverId', '=', serverId).execute()
    },
  }

  /** Of the streams that are here, whatever the table says: a crash of PostgreSQL empties it. */
  function slotsOf(userId: string): number[] {
    return [...held].filter((place) => place.userId === userId).map(({ slot }) => slot)
  }

  function hold(place: Place): Place {
    held.add(place)
    return place
  }
}

const tooMany = `At most ${perPerson} streams can be open at a time.`

/** A free one at random, so that those who ask at once seldom want the same; null when it was taken first, or none was free. */
async function claim(db: Kysely<Database>, serverId: string, userId: string, held: number[]) {
  const { rows } = await sql<{ slot: number | null; wasFull: boolean }>`
    with free as (
      select slot from generate_series(1, ${perPerson}::int) as slot
      where slot.slot <> all(${held}::int[]) and not exists (
        select from live_streams taken
        where taken.user_id = ${userId} and taken.slot = slot.slot and taken.until > now())
      order by random() limit 1
    ), claimed as (
      insert into live_streams (user_id, slot, server_id, until) select ${userId}, slot, ${serverId}, ${until} from free
      on conflict (user_id, slot) do update set server_id = excluded.server_id, until = excluded.until
        where live_streams.until <= now()
      returning slot
    )
    select (select slot from claimed) as slot, not exists (select from free) as was_full`.execute(db)
  return rows[0]!
}

const free = (db: Kysely<Database>, serverId: string, { userId, slot }: Place) =>
  db
    .deleteFrom('liveStreams')
    .where('userId', '=', userId)
    .where('slot', '=', slot)
    .where('serverId', '=', serverId)
    .execute()

/** Also brings back what a crash of PostgreSQL lost. */
async function renew(db: Kysely<Database>, serverId: string, places: Place[]): Promise<void> {
  const [userIds, slots] = [places.map(({ userId }) => userId), places.map(({ slot }) => slot)]
  await sql`
    insert into live_streams (user_id, slot, server_id, until)
    select user_id, slot, ${serverId}, ${until} from unnest(${userIds}::uuid[], ${slots}::int[]) as held (user_id, slot)
    order by user_id, slot
    on conflict (user_id, slot) do update set until = excluded.until
      where live_streams.server_id = excluded.server_id`.execute(db)
}
