import { readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { LocalPostgresError } from './errors.ts'
import { identifyProcess } from './processes.ts'
import { readRecord } from './record.ts'

/** The right of one process to run the cluster of a data folder. It ends with the process. */
export interface Claim {
  release(): void
}

/** Fails when another living process holds the folder; a dead one's claim is taken over. */
export function claimFolder(folder: string): Claim {
  const file = join(folder, 'postgres.lock')
  const mine = JSON.stringify({ pid: process.pid, identity: identifyProcess(process.pid) })
  for (let attempt = 0; attempt < 5; attempt++) {
    if (tryWrite(file, mine)) return { release: () => releaseOwn(file, mine) }
    const theirs = readIfThere(file)
    if (theirs === undefined) continue
    const owner = livingOwner(file, theirs)
    if (owner !== undefined) throw alreadyRunning(folder, owner)
    discard(file, theirs)
  }
  throw alreadyRunning(folder)
}

function tryWrite(file: string, content: string) {
  try {
    writeFileSync(file, content, { flag: 'wx', mode: 0o600 })
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false
    throw error
  }
}

function livingOwner(file: string, content: string): number | undefined {
  if (content === '') return isFresh(file) ? 0 : undefined
  const { pid, identity } = JSON.parse(content) as { pid: number; identity: string }
  return identifyProcess(pid) === identity ? pid : undefined
}

// Empty and young: its owner is between creating and writing it. Empty and old: the machine went down then.
function isFresh(file: string) {
  return Date.now() - (statSync(file, { throwIfNoEntry: false })?.mtimeMs ?? 0) < 2_000
}

// Renamed before it is removed, so that of two processes that saw the same dead owner neither removes
// the claim the other has just made.
function discard(file: string, content: string) {
  const aside = `${file}.${process.pid}`
  try {
    renameSync(file, aside)
  } catch {
    return
  }
  if (readIfThere(aside) === content) rmSync(aside)
  else if (!tryWrite(file, readIfThere(aside) ?? '')) rmSync(aside)
}

function releaseOwn(file: string, mine: string) {
  if (readIfThere(file) === mine) rmSync(file, { force: true })
}

function readIfThere(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
}

function alreadyRunning(folder: string, pid?: number) {
  const who = pid ? `process ${pid}` : 'another process'
  const port = readRecord(folder)?.port
  return new LocalPostgresError(
    `This data is in use already: by ${who}${port ? `, PostgreSQL on port ${port}` : ''}, ` +
      `folder ${folder}. Stop it first, or set DATA_DIR to another folder.`,
  )
}
