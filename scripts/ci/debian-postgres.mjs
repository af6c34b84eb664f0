// The API's tests on Debian's PostgreSQL 15, the oldest that Tenon supports; with `pgbouncer`, once more
// through PgBouncer in transaction mode. Both run from a temporary folder, on free ports.
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { makeEnvironment } from '../set-up/environment.mjs'
import { root } from '../set-up/paths.mjs'
import { answering, freePort } from './ports.mjs'

const [name = 'postgres-15'] = process.argv.slice(2)
const programs = '/usr/lib/postgresql/15/bin'
const folder = mkdtempSync(join(tmpdir(), 'tenon-ci-'))
const running = []

try {
  chmodSync(folder, 0o777)
  const direct = await startPostgres()
  const pooler = name === 'pgbouncer' ? await startPgBouncer(direct) : undefined
  process.exitCode = runTests({
    TEST_DATABASE_URL: url(direct),
    ...(pooler && { TEST_POOLER_URL: url(pooler) }),
  })
} finally {
  for (const { child, signal } of running.reverse()) {
    child.kill(signal)
    if (child.exitCode === null) await once(child, 'exit')
  }
  rmSync(folder, { recursive: true, force: true })
}

async function startPostgres() {
  const data = join(folder, 'data')
  const options = ['-D', data, '-U', 'postgres', '-A', 'trust', '-E', 'UTF8', '--locale=C.UTF-8', '--no-sync']
  const { status } = spawnSync(...asPostgres(join(programs, 'initdb'), options), {
    cwd: folder,
    stdio: ['ignore', 'ignore', 'inherit'],
  })
  if (status !== 0) throw new Error('initdb failed')
  const port = await freePort()
  const settings = [
    `port=${port}`,
    'listen_addresses=127.0.0.1',
    'unix_socket_directories=',
    'max_connections=200',
    'fsync=off',
  ]
  start(
    join(programs, 'postgres'),
    ['-D', data, ...settings.flatMap((setting) => ['-c', setting])],
    'SIGQUIT',
  )
  return answering(port)
}

async function startPgBouncer(direct) {
  const port = await freePort()
  const file = join(folder, 'pgbouncer.ini')
  const users = join(folder, 'users.txt')
  writeFileSync(users, '"postgres" ""\n')
  writeFileSync(
    file,
    `[databases]
* = host=127.0.0.1 port=${direct}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = ${port}
unix_socket_dir =
auth_type = trust
auth_file = ${users}
pool_mode = transaction
max_client_conn = 1000
default_pool_size = 30
server_idle_timeout = 5
server_login_retry = 1
ignore_startup_parameters = extra_float_digits
log_connections = 0
log_disconnections = 0
`,
  )
  start('/usr/sbin/pgbouncer', ['--quiet', file], 'SIGKILL')
  return answering(port)
}

function runTests(variables) {
  const report = join(root, 'packages/api/reports', `${name}.json`)
  rmSync(report, { force: true })
  const options = [
    '--coverage.enabled=false',
    '--reporter=default',
    '--reporter=json',
    `--outputFile.json=${report}`,
  ]
  const env = { ...makeEnvironment(), ...variables }
  const { status } = spawnSync('vitest', ['run', ...options], {
    cwd: join(root, 'packages/api'),
    env,
    stdio: 'inherit',
  })
  if (!existsSync(report)) console.error('the tests ended without a report')
  return status ?? 1
}

function start(program, args, signal) {
  const child = spawn(...asPostgres(program, args), { cwd: folder, stdio: 'ignore' })
  running.push({ child, signal })
}

// Neither program runs as root. setpriv becomes the program, so that signals reach it.
function asPostgres(program, args) {
  if (process.getuid() !== 0) return [program, args]
  return ['setpriv', ['--reuid=postgres', '--regid=postgres', '--clear-groups', program, ...args]]
}

function url(port) {
  return `postgres://postgres@127.0.0.1:${port}/postgres`
}
