// A newcomer's first hour on an empty data folder: `npm start`, the README's tour as it is written, and each way to
// stop. Every end is clean, and every next start finds what was there.
import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { connect } from 'node:net'
import { join } from 'node:path'
import { root } from '../set-up/paths.mjs'

/** What the tour has to show. */
const shown = [
  '204 No Content',
  '"emailVerified":true',
  'Ada Lovelace published',
  'EMAIL_TAKEN',
  'Idempotent-Replayed: true',
  'event: notifications',
  'ada published a post',
]

const folder = join(root, 'reports/newcomer')
const endsWithinMs = 15_000

const ways = {
  'Ctrl-C': ({ npm }) => process.kill(-npm.pid, 'SIGINT'),
  'SIGTERM to npm': ({ npm }) => npm.kill('SIGTERM'),
  'SIGTERM to the server': ({ npm }) => process.kill(serverBelow(npm.pid), 'SIGTERM'),
}

rmSync(folder, { recursive: true, force: true })
mkdirSync(folder, { recursive: true })
try {
  let posts
  for (const [way, stop] of Object.entries(ways)) {
    const system = await start()
    if (posts === undefined) followTour(system.url)
    const found = await (await fetch(`${system.url}/api/v1/posts`)).text()
    if (found !== (posts ??= found)) throw new Error(`after a restart the feed was another:\n${found}`)
    await end(system, way, stop)
  }
} finally {
  rmSync(record().path, { recursive: true, force: true })
}

async function start() {
  const npm = spawn('npm', ['start'], {
    cwd: root,
    env: { ...process.env, PORT: '0', DATA_DIR: folder, LOG_LEVEL: 'warn' },
    stdio: ['ignore', 'pipe', 'inherit'],
    detached: true,
  })
  let output = ''
  for await (const text of npm.stdout.setEncoding('utf8').iterator({ destroyOnReturn: false })) {
    output += text
    const url = /^Tenon is ready on (\S+)$/m.exec(output)?.[1]
    if (url) return { npm, url }
  }
  throw new Error(`npm start ended before it was ready:\n${output}`)
}

function followTour(url) {
  const readme = readFileSync(join(root, 'README.md'), 'utf8')
  const tour = readme.slice(readme.indexOf('## A tour'), readme.indexOf('## The map'))
  const lines = Array.from(tour.matchAll(/```sh\n([^]*?)```/g), ([, block]) => block).join('\n')
  const script = lines.replaceAll('http://localhost:3000', url)
  const output = execFileSync('bash', ['-euc', script], { cwd: root, encoding: 'utf8' })
  for (const told of shown)
    if (!output.toLowerCase().includes(told.toLowerCase()))
      throw new Error(`the tour does not show ${told}:\n${output}`)
  console.log('The tour of the README, as it is written: works')
}

async function end(system, way, stop) {
  const begin = Date.now()
  const ended = once(system.npm, 'exit')
  stop(system)
  const [code, signal] = await Promise.race([ended, late(way)])
  if (code !== 0) throw new Error(`${way}: ended with ${code ?? signal} instead of 0`)
  if (await answers(record().port)) throw new Error(`${way}: PostgreSQL still runs`)
  console.log(`${way}: everything ended with 0 after ${Date.now() - begin} ms`)
}

function record() {
  return JSON.parse(readFileSync(join(folder, 'postgres.json'), 'utf8'))
}

function late(way) {
  return new Promise((_, reject) =>
    setTimeout(() => reject(new Error(`${way}: still runs after ${endsWithinMs} ms`)), endsWithinMs).unref(),
  )
}

function answers(port) {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1')
    socket.on('connect', () => resolve(true)).on('error', () => resolve(false))
    socket.on('connect', () => socket.destroy())
  })
}

/** The server among what npm started, as nobody but the kernel knows its number. */
function serverBelow(pid) {
  const isServer = (each) => readFileSync(`/proc/${each}/cmdline`, 'utf8').includes('apps/server/src/main.ts')
  const below = readdirSync(`/proc/${pid}/task`).flatMap((task) =>
    readFileSync(`/proc/${pid}/task/${task}/children`, 'utf8').split(' ').filter(Boolean).map(Number),
  )
  for (const child of below) {
    const server = isServer(child) ? child : serverBelow(child)
    if (server) return server
  }
}
