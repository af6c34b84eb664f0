// The whole system in watch mode: the server starts again when a source of it changes, the SDK's types follow
// the API's, and the browser reloads in place. PostgreSQL runs through.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { resolve } from 'node:path'
import { startLocalPostgres } from '../packages/local-postgres/src/index.ts'
import { say } from './set-up/messages.mjs'
import { root } from './set-up/paths.mjs'

const port = process.env.PORT || '3000'
const page = 'http://localhost:5173'

const postgres = await startDatabase()
const children = [
  start('.', process.execPath, ['--watch', '--watch-preserve-output', 'apps/server/src/main.ts'], {
    PORT: port,
    PUBLIC_URL: process.env.PUBLIC_URL || page,
    ...(postgres && { DATABASE_URL: postgres.url() }),
  }),
  start('packages/sdk', process.execPath, ['build.mjs', '--watch']),
  start('apps/web', 'vite', ['--clearScreen', 'false'], { TENON_API_URL: `http://127.0.0.1:${port}` }),
]
const ends = children.map((child) => once(child, 'exit'))
let isStopping = false
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => stop(0))
Promise.race(ends).then(() => stop(1))

/** The embedded one, unless another is configured. */
async function startDatabase() {
  if (process.env.DATABASE_URL) return undefined
  try {
    return await startLocalPostgres({
      dataDir: resolve(root, process.env.DATA_DIR || '.data'),
      onProgress: say,
    })
  } catch (error) {
    say(error.message)
    process.exit(1)
  }
}

function start(folder, program, args, variables = {}) {
  const options = { cwd: resolve(root, folder), env: { ...process.env, ...variables }, stdio: 'inherit' }
  return spawn(program, args, options).on('error', (error) => say(error.message))
}

async function stop(code) {
  if (isStopping) return
  isStopping = true
  for (const child of children) child.kill('SIGTERM')
  await Promise.all(ends)
  await postgres?.stop()
  process.exit(code)
}
