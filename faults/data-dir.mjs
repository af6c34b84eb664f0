import { mkdir, readdir, readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const parent = fileURLToPath(new URL('.data', import.meta.url))

/** An empty folder on a real disk, that nobody else has; it goes when `opened` is closed. */
export async function makeDataDir(opened) {
  await removeForgotten()
  const dataDir = join(parent, String(process.pid))
  await mkdir(dataDir, { recursive: true })
  opened.defer(() => remove(dataDir))
  return dataDir
}

/** Where its database lies: as root in a private folder that is elsewhere. */
export async function clusterOf(dataDir) {
  const record = await readFile(join(dataDir, 'postgres.json'), 'utf8').catch(() => undefined)
  return record === undefined ? undefined : JSON.parse(record).path
}

async function remove(dataDir) {
  for (const folder of [await clusterOf(dataDir), dataDir])
    if (folder) await rm(folder, { recursive: true, force: true, maxRetries: 5 })
}

/** What runs left behind that were killed themselves. */
async function removeForgotten() {
  const names = await readdir(parent).catch(() => [])
  for (const name of names) if (!isRunning(Number(name))) await remove(join(parent, name))
}

function isRunning(pid) {
  try {
    return process.kill(pid, 0)
  } catch (error) {
    return error.code === 'EPERM'
  }
}
