import { createHash } from 'node:crypto'
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { root, toolsFolder } from './set-up/paths.mjs'
import { run } from './set-up/run.mjs'

const sources = ['packages/api', 'packages/sdk', 'apps/web', 'pnpm-lock.yaml', 'tsconfig.base.json']
const results = ['packages/sdk/dist', 'apps/web/dist']
const stamp = join(toolsFolder, 'build.stamp')

/**
 * The web app and the SDK below it. Turbo would know that nothing changed, but where there is no git it
 * takes seconds to find out.
 */
export async function buildWhatIsServed({ env }) {
  const built = fingerprint(sources)
  if (readStamp() === built + fingerprint(results)) return
  const args = ['run', 'build', '--filter=@tenon/web', '--output-logs=errors-only']
  await run('turbo', args, { env, waiting: 'building the web app', failing: 'The web app does not build.' })
  writeFileSync(stamp, built + fingerprint(results))
}

/** Of names, sizes and times: nothing is read. */
function fingerprint(paths) {
  const hash = createHash('sha256')
  for (const path of paths) addPath(hash, join(root, path))
  return hash.digest('hex')
}

function addPath(hash, path) {
  const found = statSync(path, { throwIfNoEntry: false })
  if (found?.isFile()) hash.update(`${path} ${found.size} ${found.mtimeMs}\n`)
  if (!found?.isDirectory()) return
  for (const name of readdirSync(path)) if (!notSources.test(name)) addPath(hash, join(path, name))
}

// What a build does not read, or writes itself: turbo looks closer when anything else has changed.
const notSources = /^(node_modules|dist|reports|test|testing|\.turbo|.*\.gen\.ts|.*\.test\.tsx?)$/

function readStamp() {
  return existsSync(stamp) ? readFileSync(stamp, 'utf8') : ''
}
