import { createDatabase, createPool } from '../../packages/api/src/db.ts'
import { createLimits } from '../../packages/api/src/limits.ts'
import { createRedis } from '../../packages/api/src/redis.ts'
import { machine, median, spread } from '../figures.mjs'
import { log, openPostgres } from '../postgres.mjs'

const goalMs = 1_000

/** How long counting takes when much comes at once, on a PostgreSQL that waits for its disk as in production. */
export async function run({ rounds }) {
  console.log(machine())
  await using opened = new AsyncDisposableStack()
  const { db, pool, redis } = await open(opened)
  const fresh = (given) => createLimits({ factor: 1, db, redis: given, log })
  const oneSource = (limits, calls = 200) => timed(limits, calls, () => 'one')
  const cases = {
    '200 at once, one source': () => oneSource(fresh()),
    '200 at once, 200 sources': () => timed(fresh(), 200, (index) => `source ${index}`),
    '10,000 past the limit': async () => {
      const limits = fresh()
      await oneSource(limits)
      return oneSource(limits, 10_000)
    },
    '200 at once, one source, were the table logged': () => whileLogged(pool, () => oneSource(fresh())),
    ...(redis && { '200 at once, one source, in Redis': () => oneSource(fresh(redis)) }),
  }
  const times = Object.fromEntries(Object.keys(cases).map((name) => [name, []]))
  await oneSource(fresh())
  for (let round = 0; round < rounds; round++)
    for (const [name, measure] of Object.entries(cases)) {
      await pool.query('truncate rate_limits')
      times[name].push(await measure())
    }
  for (const [name, all] of Object.entries(times)) console.log(`${name}: ${spread(all)} ms`)
  const slowest = median(times['200 at once, one source'])
  return slowest > goalMs ? [`200 counts of one source in ${goalMs} ms`] : []
}

async function timed(limits, calls, sourceOf) {
  const begin = performance.now()
  await Promise.all(
    Array.from({ length: calls }, (_, index) => limits.isWithin('signInBySource', sourceOf(index))),
  )
  return performance.now() - begin
}

async function whileLogged(pool, measure) {
  await pool.query('alter table rate_limits set logged')
  try {
    return await measure()
  } finally {
    await pool.query('alter table rate_limits set unlogged')
  }
}

/** Redis takes part where REDIS_URL names one. */
async function open(opened) {
  const url = await openPostgres(opened)
  const [db, pool] = [createDatabase({ url, log }), createPool({ url, log })]
  opened.defer(() => Promise.all([db.destroy(), pool.end()]))
  const redis = process.env.REDIS_URL ? createRedis({ url: process.env.REDIS_URL, log }) : undefined
  opened.defer(() => redis?.disconnect())
  if (redis) await new Promise((resolve) => redis.once('ready', resolve))
  return { db, pool, redis }
}
