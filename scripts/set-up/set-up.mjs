import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, statfsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { withLock } from './lock.mjs'
import { say, SetUpError } from './messages.mjs'
import { root, toolsFolder } from './paths.mjs'
import { installPnpm, pnpmVersion } from './pnpm.mjs'
import { run } from './run.mjs'

const stamp = join(toolsFolder, 'install.stamp')
const bundledNode = join(root, 'node_modules/.bin/node')

/**
 * Everything the lock file names, installed; a few milliseconds when it already is.
 *
 * @param {NodeJS.ProcessEnv} env
 * @returns {Promise<{ node: string, env: NodeJS.ProcessEnv }>}
 */
export async function setUp(env) {
  refuseWindows()
  if (!isInstalled()) await withLock(async () => isInstalled() || (await install(env)))
  return { node: readStamp().node, env }
}

async function install(env) {
  const begin = Date.now()
  requireSpace(1_200)
  await installPnpm(env)
  const failing = 'The packages could not be installed.'
  const { NODE_ENV: _, ...installEnv } = env
  const args = ['install', '--frozen-lockfile', '--trust-lockfile', '--prefer-offline', ...patience]
  await run('pnpm', args, { env: installEnv, waiting: 'installing packages from the lock file', failing })
  writeFileSync(stamp, JSON.stringify({ wanted: wanted(), node: chooseNode() }))
  say(`set up in ${Math.round((Date.now() - begin) / 1000)} s`)
}

// By default it tries each of the packages for minutes, with nobody connected.
const patience = ['Retries=2', 'RetryMintimeout=400', 'RetryMaxtimeout=1600'].map(
  (option) => `--config.fetch${option}`,
)

/** The pinned Node; on a platform without it the system's own, when that is new enough. */
function chooseNode() {
  if (existsSync(bundledNode) && spawnSync(bundledNode, ['--version']).status === 0) return bundledNode
  if (Number(process.versions.node.split('.')[0]) >= 24) return process.execPath
  throw new SetUpError(
    `There is no ready Node 24 for ${process.platform} on ${process.arch}. Install Node 24 or newer yourself, ` +
      'and run the command with it.',
  )
}

function isInstalled() {
  const { wanted: installed, node } = readStamp()
  return installed === wanted() && existsSync(node)
}

function readStamp() {
  return existsSync(stamp) ? JSON.parse(readFileSync(stamp, 'utf8')) : {}
}

function wanted() {
  const hash = createHash('sha256').update(`${pnpmVersion} ${process.platform} ${process.arch}`)
  for (const file of ['pnpm-lock.yaml', 'pnpm-workspace.yaml', '.pnpmfile.mjs', 'package.json'])
    hash.update(readFileSync(join(root, file)))
  return hash.digest('hex')
}

function refuseWindows() {
  if (process.platform === 'win32')
    throw new SetUpError('Windows is not supported as it is. In WSL (wsl --install) everything works.')
}

function requireSpace(megabytes) {
  mkdirSync(toolsFolder, { recursive: true })
  const { bavail, bsize } = statfsSync(toolsFolder)
  const free = Math.floor((bavail * bsize) / 1024 ** 2)
  if (free < megabytes)
    throw new SetUpError(
      `Not enough disk space: ${free} MB free here, about ${megabytes} MB needed to set up.`,
    )
}
