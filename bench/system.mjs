import { once } from 'node:events'
import { readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { spawnTenon, startTestSystem } from '../apps/server/src/testing/test-system.ts'

const cli = fileURLToPath(new URL('../apps/server/src/cli.ts', import.meta.url))

/**
 * The system as `npm start` runs it, a process of its own, with empty data on this disk: PostgreSQL waits for it as in
 * production. Limits are on, and so high that they stop nobody.
 */
export async function startSystem() {
  const dataDir = fileURLToPath(new URL('.data', import.meta.url))
  await remove(dataDir)
  const env = { RATE_LIMIT_FACTOR: '1000000', LOG_LEVEL: 'info' }
  const system = await startTestSystem({ dataDir, env })
  const end = async () => {
    await system.stop()
    await remove(dataDir)
  }
  let ended
  const stop = () => (ended ??= end())
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'])
    process.once(signal, () => void stop().finally(() => process.exit(1)))
  return {
    ...system,
    stop,
    createVerifiedUser: (email, username, password) =>
      createVerifiedUser(dataDir, ['--email', email, '--username', username], password),
  }
}

async function createVerifiedUser(dataDir, args, password) {
  const child = spawnTenon(cli, ['user', 'create', ...args, '--password-stdin'], { DATA_DIR: dataDir })
  child.stdin?.end(password)
  const [code] = await once(child, 'exit')
  if (code !== 0) throw new Error(`user create ended with ${code}`)
}

/** As root in a private folder, the cluster lies elsewhere. */
async function remove(dataDir) {
  const record = await readFile(join(dataDir, 'postgres.json'), 'utf8').catch(() => undefined)
  const folders = record === undefined ? [dataDir] : [JSON.parse(record).path, dataDir]
  for (const folder of folders) await rm(folder, { recursive: true, force: true, maxRetries: 5 })
}
