import { readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { LocalPostgresError } from './errors.ts'

/** DATA_DIR/postgres.json: what the next start, and a program that joins, must know about the cluster. */
export interface ClusterRecord {
  /** The data folder it was written for: a folder that was moved or copied is noticed by it. */
  folder: string
  path: string
  port: number
  password: string
}

export function readRecord(folder: string): ClusterRecord | undefined {
  const file = join(folder, 'postgres.json')
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as ClusterRecord
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    if (!(error instanceof SyntaxError)) throw error
    throw new LocalPostgresError(`${file} is damaged. Restore it, or move the folder away to start anew.`)
  }
}

export function writeRecord(record: ClusterRecord): void {
  const file = join(record.folder, 'postgres.json')
  writeFileSync(`${file}.new`, JSON.stringify(record, null, 2) + '\n', { mode: 0o600, flush: true })
  renameSync(`${file}.new`, file)
}
