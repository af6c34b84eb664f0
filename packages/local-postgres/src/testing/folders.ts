import { spawnSync } from 'node:child_process'
import { chmodSync, mkdtempSync, realpathSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { beforeAll, onTestFinished } from 'vitest'
import { startLocalPostgres } from '../index.ts'
import { findPostmaster, stopPostmaster } from '../postmaster.ts'

/** An empty folder that PostgreSQL's user can enter; with mode 0o700 and as root, one that it cannot. */
export function makeFolder(mode = 0o755): string {
  const folder = mkdtempSync(join(realpathSync(tmpdir()), 'tenon-folder-'))
  chmodSync(folder, mode)
  onTestFinished(() => removeFolder(folder))
  return folder
}

/** A data folder whose database exists and is stopped, for a test that leaves it so and writes nothing. */
export function sharedDataFolder(): string {
  return template
}

/** The same, for the test alone. */
export function makeDataFolder(): string {
  const folder = makeFolder()
  copyFolder(template, folder)
  return folder
}

/** Called once in a test file that uses the two above. */
export function prepareDataFolder(): void {
  beforeAll(async () => {
    template = mkdtempSync(join(realpathSync(tmpdir()), 'tenon-folder-'))
    chmodSync(template, 0o755)
    await (await startLocalPostgres({ dataDir: template })).stop()
    return () => removeFolder(template)
  })
}

export function copyFolder(from: string, to: string): void {
  spawnSync('cp', ['-a', `${from}/.`, to])
}

async function removeFolder(folder: string) {
  const left = findPostmaster(join(folder, 'postgres'))
  if (left) await stopPostmaster(left.pid, 'SIGQUIT')
  rmSync(folder, { recursive: true, force: true })
}

let template = ''
