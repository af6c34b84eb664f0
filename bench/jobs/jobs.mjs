import { setTimeout as sleep } from 'node:timers/promises'
import * as z from '../../packages/api/node_modules/zod/index.js'
import { createDatabase, createPool } from '../../packages/api/src/db.ts'
import { defineJob } from '../../packages/api/src/jobs/define.ts'
import { startRunner } from '../../packages/api/src/jobs/runner.ts'
import { startBareWorker } from '../../packages/api/src/testing/bare-worker.ts'
import { machine, median, spread } from '../figures.mjs'
import { log, openPostgres } from '../postgres.mjs'

const name = 'bench:small'
const jobsPerRound = 20_000
const goals = { percent: 60, startMs: 15 }

/** Small jobs through our engine, history and all, and through Graphile Worker alone with the same settings, by turns. */
export async function run({ rounds }) {
  console.log(machine())
  await using opened = new AsyncDisposableStack()
  const url = await openPostgres(opened)
  const [db, pool] = [createDatabase({ url, log }), createPool({ url, log })]
  opened.defer(() => Promise.all([db.destroy(), pool.end()]))

  const figures = { bare: [], ours: [], percent: [] }
  for (let round = 1; round <= rounds; round++) {
    const bare = await drain(pool, (work) => startBareWorker(url, name, work))
    const ours = await drain(pool, (work) => startEngine(db, url, work))
    const { rows } = await pool.query('select count(*)::int as count from job_runs')
    if (rows[0].count !== jobsPerRound) throw new Error(`${rows[0].count} rows of history`)
    const percent = (ours / bare) * 100
    console.log(
      `round ${round}: alone ${bare.toFixed(0)}/s, ours ${ours.toFixed(0)}/s = ${percent.toFixed(0)} %`,
    )
    for (const [key, value] of Object.entries({ bare, ours, percent })) figures[key].push(value)
  }
  const startMs = await measureStarts(db, pool, url)
  console.log(`small jobs: ${spread(figures.ours)}/s, ${spread(figures.percent)} % of Graphile Worker alone`)
  console.log(`start on an idle queue: p50 ${median(startMs).toFixed(1)} ms of ${startMs.length}`)
  return [
    ...(median(figures.percent) < goals.percent ? [`${goals.percent} % of Graphile Worker alone`] : []),
    ...(median(startMs) > goals.startMs ? [`a start within ${goals.startMs} ms`] : []),
  ]
}

function startEngine(db, url, work) {
  const job = defineJob({ name, payload: z.object({ id: z.int() }), run: work })
  const settings = { jobHistoryDays: 14, failedJobDays: 90 }
  return startRunner({ db, log, settings }, [job], { url })
}

/** @returns jobs a second, from the start of the worker until nothing is left of them */
async function drain(pool, start) {
  await pool.query('truncate job_runs')
  await pool.query(
    `select graphile_worker.add_jobs(array(
       select json_populate_record(null::graphile_worker.job_spec, json_build_object(
         'identifier', $1::text, 'payload', json_build_object('id', id), 'max_attempts', 4))
       from generate_series(1, $2::int) id))`,
    [name, jobsPerRound],
  )
  await pool.query('vacuum analyze graphile_worker._private_jobs')
  await pool.query('checkpoint')
  let count = 0
  const { promise: done, resolve } = Promise.withResolvers()
  const work = async () => {
    if (++count === jobsPerRound) resolve()
  }
  const begin = performance.now()
  const worker = await start(work)
  await done
  while (await hasJobs(pool)) await sleep(5)
  const seconds = (performance.now() - begin) / 1000
  await worker.stop()
  return jobsPerRound / seconds
}

async function hasJobs(pool) {
  const { rows } = await pool.query('select exists (select 1 from graphile_worker._private_jobs) as has')
  return rows[0].has
}

/** From the commit that enqueued a job to its beginning. */
async function measureStarts(db, pool, url) {
  let began = () => {}
  const worker = await startEngine(db, url, async () => began(performance.now()))
  while (!worker.isRunning()) await sleep(20)
  await sleep(1_000)
  const all = []
  for (let count = 0; count < 200; count++) {
    const { promise, resolve } = Promise.withResolvers()
    began = resolve
    await pool.query('select graphile_worker.add_job($1, $2::json)', [name, { id: count }])
    const committed = performance.now()
    all.push((await promise) - committed)
    await sleep(10 + Math.random() * 30)
  }
  await worker.stop()
  return all
}
