import { sql } from 'kysely'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import * as z from 'zod'
import { eventually } from '../testing/eventually.ts'
import { createTestApi, type TestApi } from '../testing/index.ts'
import { createTestRunners } from '../testing/runners.ts'
import { listCrons, momentOf, toCronItems } from './crons.ts'
import { defineJob, type Cron } from './define.ts'

const jobAt = (cron: Cron) =>
  defineJob({ name: 'test:tick', payload: z.object({}), cron, run: async () => {} })

const digestOf = (moment: Date) => ({
  min: moment.getUTCMinutes(),
  hour: moment.getUTCHours(),
  date: moment.getUTCDate(),
  month: moment.getUTCMonth() + 1,
  dow: moment.getUTCDay(),
})

const minute = 60_000

/** The minutes between two moments at which a job is started. */
function ticks(cron: Cron, from: string, until: string): string[] {
  const [item] = toCronItems([jobAt(cron)])
  const found: string[] = []
  for (let at = Date.parse(from); at < Date.parse(until); at += minute) {
    const moment = new Date(at)
    if (item?.match(digestOf(moment))) found.push(moment.toISOString().slice(0, 16))
  }
  return found
}

const berlin = 'Europe/Berlin'

it.each<[string, Cron, string, string, string[]]>([
  [
    'UTC unless stated',
    { schedule: '17 3 * * *' },
    '2026-11-01T00:00Z',
    '2026-11-03T00:00Z',
    ['2026-11-01T03:17', '2026-11-02T03:17'],
  ],
  [
    'the time zone that is stated',
    { schedule: '17 3 * * *', timeZone: 'Asia/Kolkata' },
    '2026-11-01T00:00Z',
    '2026-11-02T00:00Z',
    ['2026-11-01T21:47'],
  ],
  [
    'weekdays of the time zone',
    { schedule: '30 0 * * 1', timeZone: berlin },
    '2026-11-01T00:00Z',
    '2026-11-09T00:00Z',
    ['2026-11-01T23:30', '2026-11-08T23:30'],
  ],
  [
    'lists, ranges and steps',
    { schedule: '0,30 8-10/2 * * *' },
    '2026-11-01T00:00Z',
    '2026-11-02T00:00Z',
    ['2026-11-01T08:00', '2026-11-01T08:30', '2026-11-01T10:00', '2026-11-01T10:30'],
  ],
  [
    'once when summer time repeats its hour',
    { schedule: '30 2 * * *', timeZone: berlin },
    '2026-10-24T12:00Z',
    '2026-10-26T12:00Z',
    ['2026-10-25T00:30', '2026-10-26T01:30'],
  ],
  [
    'once when summer time skips its hour',
    { schedule: '30 2 * * *', timeZone: berlin },
    '2026-03-28T12:00Z',
    '2026-03-30T12:00Z',
    ['2026-03-29T01:00', '2026-03-30T00:30'],
  ],
  [
    'once over the end of a year',
    { schedule: '0 0 1 1 *', timeZone: 'America/New_York' },
    '2025-12-30T00:00Z',
    '2026-01-03T00:00Z',
    ['2026-01-01T05:00'],
  ],
])('the clock starts a job by %s', (_, cron, from, until, expected) => {
  expect(ticks(cron, from, until)).toEqual(expected)
})

it.each([
  ['2026-03-29', 23],
  ['2026-10-25', 25],
])('an hourly job is started at each hour that there is on %s', (day, hours) => {
  const start = Date.parse(`${day}T00:00Z`) - 3 * 60 * minute
  const all = ticks(
    { schedule: '5 * * * *', timeZone: berlin },
    new Date(start).toISOString(),
    new Date(start + 28 * 60 * minute).toISOString(),
  )
  const ofTheDay = all.filter((tick) => dayInBerlin(tick) === day)
  expect(ofTheDay).toHaveLength(hours)
})

const dayInBerlin = (tick: string) => new Date(`${tick}Z`).toLocaleDateString('sv-SE', { timeZone: berlin })

it('it is the same tick whoever asks in whatever order, as when a day is made up for', () => {
  const [item] = toCronItems([jobAt({ schedule: '17 3 * * *' })])
  const asked = [
    '2026-11-02T03:17Z',
    '2026-11-01T03:17Z',
    '2026-11-01T03:18Z',
    '2026-11-02T03:17Z',
    '2026-11-02T03:16Z',
  ]
  expect(asked.map((moment) => item?.match(digestOf(new Date(moment))))).toEqual([
    true,
    true,
    false,
    true,
    false,
  ])
})

it.each([
  '2026-01-01T00:00:00.000Z',
  '2025-12-31T23:59:00.000Z',
  '2026-06-15T12:30:00.000Z',
  '2028-02-29T12:00:00.000Z',
])('the moment %s is known again without its year', (iso) => {
  const moment = new Date(iso)
  for (const awayDays of [-2, 0, 2]) {
    const now = new Date(moment.getTime() + awayDays * 24 * 60 * minute)
    expect(momentOf(digestOf(moment), now)).toEqual(moment)
  }
})

it('the staff sees when each comes next, by its own clock', () => {
  const [cron] = listCrons([jobAt({ schedule: '0 12 * * *', timeZone: 'Asia/Tokyo' })])
  expect(cron).toMatchObject({ name: 'test:tick', schedule: '0 12 * * *', timeZone: 'Asia/Tokyo' })
  expect(cron?.nextAt?.toISOString()).toMatch(/T03:00:00/)
})

it('a schedule that can not be read is found at the start, not at night', () => {
  expect(() => toCronItems([jobAt({ schedule: '61 * * * *' })])).toThrow()
  expect(() =>
    toCronItems([jobAt({ schedule: '0 0 * * *', timeZone: 'Mars/Olympus' })])[0]?.match(digestOf(new Date())),
  ).toThrow()
})

describe('a tick', () => {
  let api: TestApi
  const runners = createTestRunners(() => api)

  beforeAll(async () => {
    api = await createTestApi()
    await sql`
      create table asked (identifier text not null, tick timestamptz not null);
      create function note() returns trigger language plpgsql as $$
        begin
          insert into asked values (new.identifier, new.last_execution);
          return new;
        end
      $$;
      create trigger note before insert on graphile_worker._private_known_crontabs
        for each row when (new.last_execution is not null) execute function note()`.execute(api.db)
  })

  beforeEach(async () => {
    await sql`delete from graphile_worker._private_known_crontabs`.execute(api.db)
    await sql`delete from asked`.execute(api.db)
  })

  afterEach(async () => {
    vi.useRealTimers()
    await runners.stop()
  })

  afterAll(() => api.stop())

  /** How many workers wanted to start the job at its tick. */
  async function asked(): Promise<number> {
    const { rows } = await sql`select from asked where identifier = 'test:tick'`.execute(api.db)
    return rows.length
  }

  const runs = () =>
    api.db.selectFrom('jobRuns').select('outcome').where('name', '=', 'test:tick').orderBy('id').execute()

  async function expectOneRun() {
    await eventually(async () => expect(await runs()).not.toEqual([]))
    await eventually(async () => expect(await api.waitingJobs()).toEqual([]))
    expect(await runs()).toEqual([{ outcome: 'succeeded' }])
  }

  it('starts the job once, by three workers', async () => {
    // The last minute, so that the job is due by the clock of PostgreSQL.
    const at = new Date(Math.floor(Date.now() / minute) * minute)
    vi.setSystemTime(at.getTime() - 100)
    const job = jobAt({ schedule: `${at.getUTCMinutes()} ${at.getUTCHours()} * * *` })
    const started = [1, 2, 3].map(() => runners.start([job]))
    for (const runner of started) await eventually(() => expect(runner.isRunning()).toBe(true))
    expect(await asked()).toBe(0)
    vi.setSystemTime(at.getTime() + 100)
    await eventually(async () => expect(await asked()).toBe(3))
    await expectOneRun()
  })

  describe('that passed while nobody worked', () => {
    /** Ten minutes ago, and not for a day again. */
    function missed() {
      const at = new Date(Date.now() - 10 * minute)
      return `${at.getUTCMinutes()} ${at.getUTCHours()} * * *`
    }

    /** It last ran a day before the tick that was missed. */
    const isKnown = (identifier: string) =>
      sql`
        with noted as (select now() - interval '1 day 11 minutes' as at)
        insert into graphile_worker._private_known_crontabs (identifier, known_since, last_execution)
        select ${identifier}, at, at from noted`.execute(api.db)

    it('is made up for once, by three workers that start at once', async () => {
      await isKnown('test:tick')
      const job = jobAt({ schedule: missed(), backfillMinutes: 60 })
      for (let count = 0; count < 3; count++) runners.start([job])
      // Each of them, and the line above.
      await eventually(async () => expect(await asked()).toBe(3 + 1))
      await expectOneRun()
    })

    /** A job that is made up for at the same time: when it has run, what was to be made up for has been. */
    async function startWithWitness(cron: Cron) {
      await isKnown('test:witness')
      const witness = defineJob({
        ...jobAt({ schedule: cron.schedule, backfillMinutes: 60 }),
        name: 'test:witness',
      })
      runners.start([jobAt(cron), witness])
      await eventually(async () =>
        expect(
          await api.db.selectFrom('jobRuns').select('outcome').where('name', '=', 'test:witness').execute(),
        ).toEqual([{ outcome: 'succeeded' }]),
      )
    }

    async function expectNothing() {
      expect((await api.waitingJobs()).filter(({ name }) => name === 'test:tick')).toEqual([])
      expect(await runs()).toEqual([])
    }

    it.each([undefined, 5])(
      'is let go when it may be made up for within %s minutes',
      async (backfillMinutes) => {
        await isKnown('test:tick')
        await startWithWitness({
          schedule: missed(),
          ...(backfillMinutes !== undefined && { backfillMinutes }),
        })
        await expectNothing()
      },
    )

    it('is not made up for by a job that is new', async () => {
      await startWithWitness({ schedule: missed(), backfillMinutes: 60 })
      await expectNothing()
    })
  })
})
