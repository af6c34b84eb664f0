import { chmod, mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

export interface TestDataDir {
  path: string
  remove(): Promise<void>
}

/** A data folder for tests, which PostgreSQL's user can enter, so that nothing of it lies elsewhere. */
export async function makeTestDataDir(): Promise<TestDataDir> {
  const path = await mkdtemp(join(tmpdir(), 'tenon-test-'))
  await chmod(path, 0o755)
  return {
    path,
    async remove() {
      for (const folder of [await clusterOf(path), path])
        await rm(folder, { recursive: true, force: true, maxRetries: 5 })
    },
  }
}

async function clusterOf(dataDir: string): Promise<string> {
  const record = await readFile(join(dataDir, 'postgres.json'), 'utf8').catch(() => undefined)
  return record === undefined ? dataDir : JSON.parse(record).path
}
