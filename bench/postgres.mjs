import { readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { migrate } from '../packages/api/src/migrate.ts'
import { startLocalPostgres } from '../packages/local-postgres/src/index.ts'

export const log = { debug() {}, info() {}, warn: (_fields, message) => console.log(message), error() {} }

/** An empty, migrated PostgreSQL that waits for its disk as in production; it goes when `opened` is closed. */
export async function openPostgres(opened) {
  const dataDir = fileURLToPath(new URL('.data', import.meta.url))
  const server = await startLocalPostgres({ dataDir, onProgress() {} })
  // As root in a private folder, the cluster lies elsewhere.
  const { path } = JSON.parse(await readFile(join(dataDir, 'postgres.json'), 'utf8'))
  opened.defer(() =>
    Promise.all([dataDir, path].map((folder) => rm(folder, { recursive: true, force: true }))),
  )
  opened.defer(() => server.stop())
  const url = server.url()
  await migrate(url, { log })
  return url
}
