import { chmodSync, mkdtempSync, realpathSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'

/** A folder that PostgreSQL's user can enter, or with 0o700 and as root one that it cannot. */
export function makeFolder(mode: number): string {
  const folder = mkdtempSync(join(realpathSync(tmpdir()), 'tenon-folder-'))
  chmodSync(folder, mode)
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

export const isRoot = process.getuid?.() === 0
