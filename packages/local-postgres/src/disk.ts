import { statfsSync } from 'node:fs'
import { LocalPostgresError } from './errors.ts'

export function requireSpace(folder: string, megabytes: number): void {
  const { bavail, bsize } = statfsSync(folder)
  const free = Math.floor((bavail * bsize) / 1024 ** 2)
  if (free < megabytes)
    throw new LocalPostgresError(
      `Not enough disk space for PostgreSQL: ${free} MB free at ${folder}, ${megabytes} MB needed.`,
    )
}
