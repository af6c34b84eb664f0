// The steps of CI, all of them even when one fails. What failed stands together at the end, above the sum.
import { spawnSync } from 'node:child_process'
import { readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { root } from '../set-up/paths.mjs'
import { countTests, sum } from '../tests/counts.mjs'
import { failuresIn } from '../tests/failures.mjs'

const reports = join(root, 'reports')

/** A step counts as one, or brings the counts of its tests. */
const steps = [
  { name: 'lint, format, types', command: ['npm', 'run', 'check'] },
  { name: 'tests', command: ['npm', 'test', '--', '--force'], counts: totals },
  { name: 'a newcomer', command: ['node', 'scripts/ci/newcomer.mjs'] },
  { name: 'OpenAPI', command: ['node', 'scripts/ci/openapi.mjs'] },
  {
    name: 'PostgreSQL 15',
    command: ['node', 'scripts/ci/debian-postgres.mjs', 'postgres-15'],
    counts: (passed) => testsOf('packages/api/reports/postgres-15.json', passed),
  },
  {
    name: 'PgBouncer',
    command: ['node', 'scripts/ci/debian-postgres.mjs', 'pgbouncer'],
    counts: (passed) => testsOf('packages/api/reports/pgbouncer.json', passed),
  },
  {
    name: 'Redis',
    command: ['node', 'scripts/ci/debian-redis.mjs'],
    counts: (passed) => testsOf('packages/api/reports/redis.json', passed),
  },
  { name: 'licences', command: ['node', 'scripts/licences.mjs'] },
  { name: 'names in the tree', command: ['node', 'scripts/ci/names.mjs'] },
  { name: 'types reach the web app', command: ['node', 'scripts/ci/types-reach.mjs'] },
  { name: 'posts can be removed', command: ['node', 'scripts/ci/remove-posts.mjs'] },
]

rmSync(reports, { recursive: true, force: true })
const results = steps.map(run)

console.log()
for (const { name, seconds, passed, failed } of results)
  console.log(`${failed ? 'FAILED' : 'passed'}  ${name}: ${passed} passed, ${failed} failed, ${seconds} s`)
for (const { name, failures = [] } of results)
  for (const failure of failures) console.log(`\nfailed in ${name}: ${failure}`)
const total = sum(results)
console.log(`${total.passed} passed, ${total.failed} failed`)
process.exitCode = total.failed > 0 ? 1 : 0

function run({ name, command: [program, ...args], counts = asOne }) {
  console.log(`\n### ${name}`)
  const begin = Date.now()
  const ok = spawnSync(program, args, { cwd: root, stdio: 'inherit' }).status === 0
  return { name, seconds: Math.round((Date.now() - begin) / 1000), ...counts(ok) }
}

function asOne(ok) {
  return { passed: Number(ok), failed: Number(!ok), skipped: 0 }
}

function testsOf(report, passed) {
  const file = join(root, report)
  return { ...countTests(file, passed), failures: passed ? [] : failuresIn(file) }
}

/** What `npm test` wrote beside its last line; a run that ended before it is one failure. */
function totals() {
  try {
    return JSON.parse(readFileSync(join(reports, 'totals.json'), 'utf8'))
  } catch {
    return asOne(false)
  }
}
