// Every test of the repository, and what came of them. Arguments go to turbo: `npm test -- --force`.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, globSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import { forwardSignals } from './child.mjs'
import { root } from './set-up/paths.mjs'
import { countTests, sum, totalLine } from './tests/counts.mjs'
import { coveredLines, wantedLines } from './tests/coverage.mjs'
import { endOf, failuresIn } from './tests/failures.mjs'
import { judgeLedger } from './tests/ledger-check.mjs'
import { ledgerFile, readLedger } from './tests/ledger.mjs'
import { printTable } from './tests/table.mjs'
import { forgetSummaries, readTasks } from './tests/turbo-summary.mjs'

const skipped = 'reports/browser-skipped.txt'

const begin = Date.now()
forgetResults()
const turboPassed = await runTurbo(process.argv.slice(2))
const tasks = readTasks()
const rows = [typesRow(), ...tasks.filter(({ task }) => task === 'test').map(testRow)]
const complaints = [...builds(), ...coverage(), ...browser(), ...ledger()]
const failures = tasks.filter(({ task, passed }) => task === 'test' && !passed).flatMap(failedTests)
report()

// A report that is there afterwards was written by this run, or brought back from turbo's cache by it.
function forgetResults() {
  for (const folder of globSync('{apps,packages}/*/reports', { cwd: root }))
    rmSync(join(root, folder), { recursive: true, force: true })
  mkdirSync(join(root, 'reports'), { recursive: true })
  forgetSummaries()
}

async function runTurbo(args) {
  const options = ['--continue=dependencies-successful', '--summarize', `--concurrency=${workers()}`]
  const child = spawn('turbo', ['run', 'typecheck', 'test', ...options, ...args], {
    cwd: root,
    stdio: 'inherit',
  })
  forwardSignals(child)
  const [code] = await once(child, 'exit')
  return code === 0
}

// Each test run starts workers of its own, and a PostgreSQL; more of them at once are only slower.
function workers() {
  return Math.max(2, Math.floor(availableParallelism() / 2))
}

function typesRow() {
  const checks = tasks.filter(({ task }) => task === 'typecheck')
  const passed = checks.filter((check) => check.passed).length
  return { name: 'types', passed, failed: checks.length - passed, skipped: 0 }
}

function testRow({ name, folder, passed }) {
  return { name, ...countTests(join(folder, 'reports/vitest.json'), passed), lines: coveredLines(folder) }
}

/** A run can fail without a failing test, by an error that nobody caught: the end of what it printed tells of that. */
function failedTests({ name, folder }) {
  const named = failuresIn(join(folder, 'reports/vitest.json'))
  return named.length > 0 ? named : [`${name}\n${endOf(join(folder, '.turbo/turbo-test.log'))}`]
}

function builds() {
  return tasks
    .filter(({ task, passed }) => task === 'build' && !passed)
    .map(({ name }) => `${name} does not build`)
}

function coverage() {
  return rows
    .filter(({ lines }) => lines !== undefined && lines < wantedLines)
    .map(({ name, lines }) => `${name}: its tests run ${lines} % of its lines, ${wantedLines} are wanted`)
}

function browser() {
  const file = join(root, 'apps/web', skipped)
  if (!existsSync(file)) return []
  console.log(`\nbrowser: skipped (${readFileSync(file, 'utf8').trim()})`)
  return process.env.CI ? ['the browser tests must run when CI is set'] : []
}

/** What the documents promise is held against the tests that ran. */
function ledger() {
  const ran = tasks.filter(({ task, folder }) => task === 'test' && !existsSync(join(folder, skipped)))
  const folders = ran.map(({ folder }) => folder)
  return judgeLedger(readLedger(), folders).map((complaint) => `${ledgerFile}: ${complaint}`)
}

function report() {
  const failedRows = sum(rows).failed
  const unexplained = !turboPassed && failedRows + complaints.length === 0
  if (unexplained) complaints.push('turbo failed, see above')
  printTable(rows)
  const failedAll = [...failures, ...complaints]
  for (const failure of failedAll) console.log(`failed: ${failure}`)
  const total = sum(rows)
  const failed = total.failed + complaints.length
  console.log(`in ${Math.round((Date.now() - begin) / 1000)} s`)
  writeFileSync(join(root, 'reports/totals.json'), JSON.stringify({ ...total, failed, failures: failedAll }))
  console.log(totalLine({ ...total, failed }))
  process.exitCode = failed > 0 ? 1 : 0
}
