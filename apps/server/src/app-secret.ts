import { randomBytes } from 'node:crypto'
import { existsSync } from 'node:fs'
import { link, mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

/** The secret of an installation that was given none: made once, for its owner's eyes only. */
export async function ownSecret(dataDir: string): Promise<string> {
  const file = join(dataDir, 'app-secret')
  if (!existsSync(file)) await makeSecret(dataDir, file)
  return readFile(file, 'utf8')
}

async function makeSecret(dataDir: string, file: string): Promise<void> {
  const draft = `${file}.${randomBytes(4).toString('hex')}`
  await mkdir(dataDir, { recursive: true })
  await writeFile(draft, randomBytes(32).toString('base64url'), { mode: 0o600, flush: true })
  // Whole or not at all: of processes that start together one wins, and the others read what it wrote.
  await link(draft, file).catch(ignoreExisting)
  await rm(draft)
}

function ignoreExisting(error: NodeJS.ErrnoException): void {
  if (error.code !== 'EEXIST') throw error
}
