import { randomBytes } from 'node:crypto'
import { startTestPostgres } from '@tenon/local-postgres'
import pg from 'pg'
import type { TestProject } from 'vitest/node'
import { migrate } from '../migrate.ts'
import { silentLog } from './log.ts'

declare module 'vitest' {
  interface ProvidedContext {
    /** A server to make databases on, the migrated one that they are cloned from, and a pooler before it, if any. */
    postgres: { serverUrl: string; template: string; poolerUrl: string | null }
  }
}

/**
 * Once per run: a PostgreSQL (a throw-away one, or that of `TEST_DATABASE_URL`) and a migrated template in it.
 * With `TEST_POOLER_URL` the API's queries go through that pooler.
 */
export default async function setup({ provide }: TestProject): Promise<() => Promise<void>> {
  const given = process.env.TEST_DATABASE_URL
  const own = given ? undefined : await startTestPostgres()
  const serverUrl = given ?? own?.url('postgres') ?? ''
  const template = `tenon_template_${randomBytes(4).toString('hex')}`
  await onServer(serverUrl, `create database ${template}`)
  await migrate(databaseUrl(serverUrl, template), { log: silentLog })
  provide('postgres', { serverUrl, template, poolerUrl: process.env.TEST_POOLER_URL ?? null })
  return async () => {
    await onServer(serverUrl, `drop database ${template} with (force)`)
    await own?.stop()
  }
}

export async function onServer(serverUrl: string, statement: string): Promise<void> {
  const client = new pg.Client({ connectionString: serverUrl })
  await client.connect()
  try {
    await client.query(statement)
  } finally {
    await client.end()
  }
}

export function databaseUrl(serverUrl: string, database: string): string {
  const url = new URL(serverUrl)
  url.pathname = `/${database}`
  return url.href
}
