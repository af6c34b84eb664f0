import { readdirSync } from 'node:fs'
import { afterEach, expect, test, vi } from 'vitest'
import { startTestPostgres } from './index.ts'
import { makeFolder } from './testing/folders.ts'
import { kill, spawnOwner } from './testing/owner.ts'
import { listProcesses } from './testing/process-list.ts'
import { sql } from './testing/sql.ts'

afterEach(() => void vi.unstubAllEnvs())

test('two throw-away servers run side by side and know nothing of each other', async () => {
  const [one, other] = await Promise.all([startTestPostgres(), startTestPostgres()])
  await sql(one.url(), 'create table notes ()')
  expect(await sql(other.url(), "select to_regclass('notes') notes")).toEqual([{ notes: null }])
  await Promise.all([one.stop(), other.stop()])
})

test('nothing is left after a stop', async () => {
  vi.stubEnv('TMPDIR', makeFolder(0o777))
  const postgres = await startTestPostgres()
  expect(leftovers()).toHaveLength(1)
  await postgres.stop()
  expect(leftovers()).toEqual([])
  expect(isRunning(postgres.port)).toBe(false)
})

test('nothing is left after the process that started it was killed', async () => {
  vi.stubEnv('TMPDIR', makeFolder(0o777))
  const owner = await spawnOwner('startTestPostgres()')
  expect(leftovers()).toHaveLength(1)
  await kill(owner, 'SIGKILL')
  await expect.poll(leftovers, { timeout: 20_000 }).toEqual([])
  expect(isRunning(owner.port)).toBe(false)
})

test('it brings the extensions that migrations use', async () => {
  const postgres = await startTestPostgres()
  await sql(postgres.url(), 'create extension pg_trgm')
  const trigrams = await sql(
    postgres.url(),
    "select 'ünä' = any(show_trgm('Ünäl')) or cardinality(show_trgm('Ünäl')) = 5 as found",
  )
  expect(trigrams).toEqual([{ found: true }])
  await postgres.stop()
})

function leftovers() {
  return readdirSync(process.env.TMPDIR!)
}

function isRunning(port: number) {
  return listProcesses().some(({ command }) => command.includes(`port=${port} `))
}
