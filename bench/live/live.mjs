import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { record } from '../../packages/api/src/audit/record.ts'
import { createDatabase, createPool } from '../../packages/api/src/db.ts'
import { publish } from '../../packages/api/src/live/publish.ts'
import { joinLocalPostgres } from '../../packages/local-postgres/src/index.ts'
import { machine, median, quantile, spread } from '../figures.mjs'
import { log } from '../postgres.mjs'
import { startSystem } from '../system.mjs'
import { openStreams } from './streams.mjs'

const goalMs = 200
const people = 100
const perPerson = 10

/** A server with a thousand streams: how soon an event arrives, how many a second, what a stream weighs that is idle. */
export async function run({ rounds }) {
  console.log(machine())
  const missed = []
  for (const transport of ['rest', 'trpc']) {
    const ms = await withSystem((opened) => measureStreams(opened, transport, rounds))
    if (ms > goalMs) missed.push(`an event by ${transport} within ${goalMs} ms at the median`)
  }
  await withSystem(async ({ db }) => {
    for (const at of [1, 10]) await recording(db, at, rounds)
  })
  return missed
}

/** One of its own for each, as what one left behind would be the other's memory. */
async function withSystem(measure) {
  const system = await startSystem()
  const url = await databaseUrl()
  const [db, pool] = [createDatabase({ url, log }), createPool({ url, log })]
  try {
    return await measure({ system, db, pool })
  } finally {
    await Promise.all([db.destroy(), pool.end()])
    await system.stop()
  }
}

/** How soon an event arrives, at the median. */
async function measureStreams({ system, db, pool }, transport, rounds) {
  const tokens = await register(system.url)
  const before = await megabytes(system.process.pid)
  const streams = await openStreams(system.url, transport, tokens, perPerson)
  const each = ((await megabytes(system.process.pid)) - before) / streams.count
  console.log(`${transport}: ${streams.count} streams, ${(each * 1024).toFixed(0)} KiB of memory each`)
  const latencies = await latency(db, streams, rounds * 40)
  const [half, most] = [median(latencies), quantile(latencies, 0.95)].map((ms) => ms.toFixed(1))
  console.log(`${transport}: an event arrives after ${half} ms at the median, ${most} at p95`)
  const rates = []
  for (let round = 0; round < rounds; round++) rates.push(await burst(pool, streams))
  console.log(`${transport}: ${spread(rates)} events a second, each to ${perPerson} streams`)
  streams.close()
  return median(latencies)
}

async function databaseUrl() {
  return (await joinLocalPostgres(fileURLToPath(new URL('../.data', import.meta.url)))).url()
}

/** Resident, of another process. */
async function megabytes(pid) {
  await new Promise((resolve) => setTimeout(resolve, 3_000))
  const status = await readFile(`/proc/${pid}/status`, 'utf8')
  return Number(/VmRSS:\s+(\d+)/.exec(status)?.[1]) / 1024
}

async function register(url) {
  const password = 'Correct7Horse'
  const post = async (path, body) => {
    const init = {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    }
    return (await fetch(`${url}/api/v1${path}`, init)).json()
  }
  const tokens = []
  for (let n = 0; n < people; n++) {
    const [email, username] = [`live_${n}@example.com`, `live_${n}`]
    const { id } = await post('/users', { email, username, password })
    const { token } = await post('/auth/sessions', { email, password, tokenInBody: true })
    tokens.push({ id, token })
  }
  return tokens
}

const tell = (db, userId, n) =>
  db
    .transaction()
    .execute((trx) => publish(trx, { topic: 'notifications', kind: 'bench.happened', userId, data: { n } }))

async function latency(db, streams, count) {
  const times = []
  for (let n = 0; n < count; n++) {
    const { id } = streams.people[n % streams.people.length]
    const arrived = streams.arrival(id, 1)
    const begin = performance.now()
    await tell(db, id, n)
    await arrived
    times.push(performance.now() - begin)
  }
  return times
}

/** Events for everybody, in as many transactions as there are hundreds of them. */
async function burst(pool, streams, count = 10_000) {
  const ids = streams.people.map(({ id }) => id)
  const arrived = Promise.all(ids.map((id) => streams.arrival(id, (count / ids.length) * perPerson)))
  const begin = performance.now()
  for (let at = 0; at < count; at += ids.length) await pool.query(insertForAll, [ids, at])
  await arrived
  return count / ((performance.now() - begin) / 1_000)
}

const insertForAll = `
  with events as (
    insert into live_events (topic, user_id, kind, data)
    select 'notifications', id, 'bench.happened', jsonb_build_object('n', $2::int) from unnest($1::uuid[]) id)
  select pg_notify('tenon_live', '')`

/** What it costs to tell of what is recorded: transactions that do, and some that only write the log's row. */
async function recording(db, concurrency, rounds, count = 500) {
  const source = { settings: { auditDays: 30 } }
  const event = { action: 'user.updated', subjectId: null }
  const silent = async (trx) => {
    const row = {
      id: crypto.randomUUID(),
      action: event.action,
      result: 'success',
      expiresAt: new Date(Date.now() + 1e9),
    }
    await trx.insertInto('auditEvents').values(row).execute()
  }
  const told = (trx) => record(trx, source, event)
  const times = { silent: [], told: [] }
  for (let round = 0; round < rounds; round++)
    for (const [name, work] of Object.entries({ silent, told })) {
      const begin = performance.now()
      await Promise.all(
        Array.from({ length: concurrency }, async () => {
          for (let n = 0; n < count / concurrency; n++) await db.transaction().execute(work)
        }),
      )
      times[name].push((performance.now() - begin) / count)
    }
  console.log(
    `recorded, ${concurrency} at once: ${spread(times.silent, 2)} ms each in silence, ${spread(times.told, 2)} told`,
  )
}
