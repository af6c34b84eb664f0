import { spawnSync } from 'node:child_process'
import { readdirSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { expect, test } from 'vitest'
import { startTestPostgres } from './index.ts'
import { kill, spawnOwner } from './testing/owner.ts'
import { sql } from './testing/sql.ts'

test('two throw-away servers run side by side and know nothing of each other', async () => {
  const [one, other] = await Promise.all([startTestPostgres(), startTestPostgres()])
  await sql(one.url(), 'create table notes ()')
  expect(await sql(other.url(), "select to_regclass('notes') notes")).toEqual([{ notes: null }])
  await Promise.all([one.stop(), other.stop()])
})

test('nothing is left after a stop', async () => {
  const before = leftovers()
  const postgres = await startTestPostgres()
  await postgres.stop()
  expect(leftovers()).toEqual(before)
  expect(isRunning(postgres.port)).toBe(false)
})

test('nothing is left after the process that started it was killed', async () => {
  const before = leftovers()
  const owner = await spawnOwner('startTestPostgres()')
  await kill(owner, 'SIGKILL')
  await expect.poll(leftovers, { timeout: 5_000 }).toEqual(before)
  expect(isRunning(owner.port)).toBe(false)
})

test('it brings the extensions that migrations use', async () => {
  const postgres = await startTestPostgres()
  await sql(postgres.url(), 'create extension pg_trgm')
  const trigrams = await sql(postgres.url(), "select 'ünä' = any(show_trgm('Ünäl')) or cardinality(show_trgm('Ünäl')) = 5 as found")
  expect(trigrams).toEqual([{ found: true }])
  await postgres.stop()
})

function leftovers() {
  return readdirSync(tmpdir()).filter((name) => name.startsWith('tenon-test-'))
}

function isRunning(port: number) {
  return spawnSync('ps', ['axww'], { encoding: 'utf8' }).stdout.includes(`port=${port} `)
}
