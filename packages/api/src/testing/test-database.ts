import { randomBytes } from 'node:crypto'
import { inject } from 'vitest'
import { databaseUrl, onServer } from './global-setup.ts'

export interface TestDatabase {
  /** What the API connects to; the pooler's where there is one. */
  url: string
  /** For migrations, jobs and LISTEN. */
  directUrl: string
  isPooled: boolean
  drop(): Promise<void>
}

/** A database of one's own, cloned from the migrated template in a tenth of a second. */
export async function createTestDatabase(): Promise<TestDatabase> {
  const { template } = inject('postgres')
  return createDatabaseFrom(template)
}

/** One without any schema, for tests of migrations. */
export function createEmptyDatabase(): Promise<TestDatabase> {
  return createDatabaseFrom('template0')
}

async function createDatabaseFrom(template: string): Promise<TestDatabase> {
  const { serverUrl, poolerUrl } = inject('postgres')
  const name = `tenon_test_${randomBytes(6).toString('hex')}`
  await onServer(serverUrl, `create database ${name} template ${template}`)
  return {
    url: databaseUrl(poolerUrl ?? serverUrl, name),
    directUrl: databaseUrl(serverUrl, name),
    isPooled: poolerUrl !== null,
    drop: () => onServer(serverUrl, `drop database if exists ${name} with (force)`),
  }
}
