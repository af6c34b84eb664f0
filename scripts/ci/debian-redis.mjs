// The tests that need a Redis, on Debian's. Elsewhere they are skipped; here that is a failure.
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { makeEnvironment } from '../set-up/environment.mjs'
import { root } from '../set-up/paths.mjs'
import { answering, freePort } from './ports.mjs'

const report = join(root, 'packages/api/reports/redis.json')
const folder = mkdtempSync(join(tmpdir(), 'tenon-ci-'))
const port = await freePort()
const settings = ['--bind', '127.0.0.1', '--save', '', '--appendonly', 'no']
const redis = spawn('/usr/bin/redis-server', ['--port', String(port), ...settings], {
  cwd: folder,
  stdio: 'ignore',
})

try {
  await answering(port)
  rmSync(report, { force: true })
  const status = runTests(`redis://127.0.0.1:${port}`)
  process.exitCode = status || (everyTestRan() ? 0 : 1)
} finally {
  redis.kill('SIGKILL')
  if (redis.exitCode === null) await once(redis, 'exit')
  rmSync(folder, { recursive: true, force: true })
}

function runTests(TEST_REDIS_URL) {
  const options = ['--coverage.enabled=false', '--reporter=default', '--reporter=json']
  const { status } = spawnSync(
    'vitest',
    ['run', ...options, `--outputFile.json=${report}`, 'src/limits/real-redis.test.ts'],
    {
      cwd: join(root, 'packages/api'),
      env: { ...makeEnvironment(), TEST_REDIS_URL },
      stdio: 'inherit',
    },
  )
  return status ?? 1
}

function everyTestRan() {
  const { numTotalTests, numPassedTests } = JSON.parse(readFileSync(report, 'utf8'))
  const isComplete = numTotalTests > 0 && numPassedTests === numTotalTests
  if (!isComplete) console.error(`only ${numPassedTests} of ${numTotalTests} tests ran on Redis`)
  return isComplete
}
