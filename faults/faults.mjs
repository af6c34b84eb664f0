// Kills processes at their work, and counts afterwards. Exit 1 when a bound is broken, 2 on usage, 130 when interrupted.
import { parseArgs } from 'node:util'

const runs = {
  jobs: {
    load: () => import('./jobs/jobs.mjs'),
    counts: { jobs: 2_000, kills: 20, restarts: 5, workers: 3, seed: 1 },
  },
  writes: {
    load: () => import('./writes/writes.mjs'),
    counts: { users: 1_000, drafts: 5_000, kills: 20, seed: 1 },
  },
  live: {
    load: () => import('./live/live.mjs'),
    counts: { messages: 200, median: 200, events: 1_000, cuts: 10, restarts: 1, kills: 1, seed: 1 },
  },
}

const stopping = new AbortController()
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => stopping.abort())

const { name, options } = readArguments()
const { run } = await runs[name].load()
try {
  const broken = await run(options, stopping.signal)
  for (const bound of broken) console.log(`broken: ${bound}`)
  process.exit(broken.length > 0 ? 1 : 0)
} catch (error) {
  if (!stopping.signal.aborted) console.error(error)
  process.exit(stopping.signal.aborted ? 130 : 1)
}

function readArguments() {
  const [name = ''] = process.argv.slice(2)
  if (!Object.hasOwn(runs, name)) return usage(`there is no fault run "${name}"`)
  const { counts } = runs[name]
  const numbers = Object.keys(counts).map((count) => [count, { type: 'string', default: `${counts[count]}` }])
  try {
    const args = process.argv.slice(3)
    const { values } = parseArgs({
      args,
      options: { ...Object.fromEntries(numbers), hasten: { type: 'boolean' } },
    })
    const { hasten = false, ...given } = values
    const read = Object.entries(given).map(([count, value]) => [count, Number(value)])
    if (!read.every(([, value]) => Number.isInteger(value) && value >= 0))
      return usage('counts are whole numbers')
    return { name, options: { ...Object.fromEntries(read), hasten } }
  } catch (error) {
    return usage(error.message)
  }
}

function usage(problem) {
  const line = ([name, { counts }]) =>
    `  npm run faults -- ${name} ${Object.entries(counts)
      .map(([count, value]) => `--${count}=${value}`)
      .join(' ')} [--hasten]`
  const lines = Object.entries(runs).map(line)
  console.error(
    [
      `${problem}. Fault runs:`,
      ...lines,
      '--hasten: who was killed is taken for dead at once, not after 30 s',
    ].join('\n'),
  )
  process.exit(2)
}
