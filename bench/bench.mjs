// Benchmarks are for reading, and too noisy to be tests. Exit 1 when a goal is missed, 2 on usage.
import { parseArgs } from 'node:util'

const benchmarks = {
  jobs: () => import('./jobs/jobs.mjs'),
  idempotency: () => import('./idempotency/idempotency.mjs'),
  live: () => import('./live/live.mjs'),
  limits: () => import('./limits/limits.mjs'),
  'sign-in': () => import('./sign-in/sign-in.mjs'),
}

const options = { rounds: { type: 'string', default: '5' }, seconds: { type: 'string', default: '20' } }
const { values, positionals } = readArguments()
const names = positionals.length > 0 ? positionals : Object.keys(benchmarks)
const unknown = names.find((name) => !Object.hasOwn(benchmarks, name))
if (unknown) usage(`there is no benchmark "${unknown}"`)
for (const name of names) {
  const { run } = await benchmarks[name]()
  console.log(`npm run bench -- ${name} --rounds=${values.rounds} --seconds=${values.seconds}`)
  const missed = await run({ rounds: Number(values.rounds), seconds: Number(values.seconds) })
  for (const goal of missed) console.log(`missed: ${goal}`)
  if (missed.length > 0) process.exitCode = 1
}

function readArguments() {
  try {
    const read = parseArgs({ options, allowPositionals: true })
    const isCount = (value) => Number.isInteger(Number(value)) && Number(value) > 0
    if (Object.values(read.values).every(isCount)) return read
    return usage('rounds and seconds are whole numbers')
  } catch (error) {
    return usage(error.message)
  }
}

function usage(problem) {
  console.error(`${problem}. Benchmarks: ${Object.keys(benchmarks).join(', ')}; --rounds=5 --seconds=20`)
  process.exit(2)
}
