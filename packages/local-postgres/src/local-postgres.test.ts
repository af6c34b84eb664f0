import { existsSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { joinLocalPostgres, LocalPostgresError, startLocalPostgres, type LocalPostgres } from './index.ts'
import { findPostmaster } from './postmaster.ts'
import { makeDataFolder, makeFolder, prepareDataFolder, sharedDataFolder } from './testing/folders.ts'
import { kill, spawnOwner } from './testing/owner.ts'
import { listProcesses } from './testing/process-list.ts'
import { sql } from './testing/sql.ts'

prepareDataFolder()

test('what was written is there after a stop and a start, on the same port', async () => {
  const dataDir = makeFolder()
  const first = await start(dataDir)
  await sql(first.url(), 'create table notes as select 42 as answer')
  await first.stop()
  const second = await start(dataDir)
  expect(await sql(second.url(), 'select answer from notes')).toEqual([{ answer: 42 }])
  expect(second.port).toBe(first.port)
})

test('it waits for the disk, sorts by code point and folds the case of every alphabet', async () => {
  const { url } = await start(sharedDataFolder())
  const settings = `select current_setting('fsync') fsync, current_setting('max_connections') connections,
    current_setting('synchronous_commit') commit, current_setting('listen_addresses') address`
  expect(await sql(url(), settings)).toEqual([
    { fsync: 'on', connections: '200', commit: 'on', address: '127.0.0.1' },
  ])
  expect(await sql(url(), "select 'ünal' ilike 'ÜNAL' folds, 'Z' < 'a' sorts")).toEqual([
    { folds: true, sorts: true },
  ])
})

test('nobody gets in without the password', async () => {
  const { url } = await start(sharedDataFolder())
  const wrong = url().replace(/:[^:@]+@/, ':wrong@')
  await expect(sql(wrong, 'select 1')).rejects.toThrow('password authentication failed')
})

test('the password is in a file of the owner and in no list of processes', async () => {
  const dataDir = sharedDataFolder()
  const { url } = await start(dataDir)
  const { password } = new URL(url())
  const record = join(dataDir, 'postgres.json')
  expect(JSON.parse(readFileSync(record, 'utf8'))).toMatchObject({
    password,
    port: Number(new URL(url()).port),
  })
  expect(statSync(record).mode & 0o777).toBe(0o600)
  expect(listProcesses().filter(({ command }) => command.includes(password))).toEqual([])
})

test('a taken port makes it take another', async () => {
  const { port: taken } = await listen()
  const postgres = await start(sharedDataFolder(), taken)
  expect(postgres.port).not.toBe(taken)
  expect(await sql(postgres.url(), 'select 1 one')).toEqual([{ one: 1 }])
})

test('a second start on the same data names the process and the port of the first', async () => {
  const dataDir = sharedDataFolder()
  const { port } = await start(dataDir)
  const second = startLocalPostgres({ dataDir })
  await expect(second).rejects.toThrow(LocalPostgresError)
  await expect(second).rejects.toThrow(`process ${process.pid}, PostgreSQL on port ${port}`)
})

test('of many first starts at once exactly one gets the data', async () => {
  const dataDir = makeFolder()
  const outcomes = await Promise.allSettled(Array.from({ length: 3 }, () => spawnOwner(starting(dataDir))))
  expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
})

test('another program joins what runs, and its stop changes nothing', async () => {
  const dataDir = sharedDataFolder()
  const postgres = await start(dataDir)
  const joined = await joinLocalPostgres(dataDir)
  await joined?.stop()
  expect(joined?.url('other')).toBe(postgres.url('other'))
  expect(await sql(postgres.url(), 'select 1 one')).toEqual([{ one: 1 }])
})

test('there is nothing to join before the first start and after a stop', async () => {
  const dataDir = makeFolder()
  expect(await joinLocalPostgres(join(dataDir, 'missing'))).toBeUndefined()
  expect(await joinLocalPostgres(dataDir)).toBeUndefined()
  await (await start(dataDir)).stop()
  expect(await joinLocalPostgres(dataDir)).toBeUndefined()
})

test('stopping twice, also at the same time, is harmless', async () => {
  const postgres = await start(sharedDataFolder())
  await Promise.all([postgres.stop(), postgres.stop()])
  await postgres.stop()
})

test('a stop does not wait for open connections', async () => {
  const postgres = await start(sharedDataFolder())
  const busy = sql(postgres.url(), 'select pg_sleep(60)')
  const outcome = expect(busy).rejects.toThrow()
  const begin = Date.now()
  await postgres.stop()
  expect(Date.now() - begin).toBeLessThan(20_000)
  await outcome
})

test('a killed owner takes PostgreSQL with it, cleanly, and leaves the data free', async () => {
  const dataDir = makeDataFolder()
  const owner = await spawnOwner(starting(dataDir))
  await sql(owner.url, 'create table notes as select 1 as answer')
  await kill(owner, 'SIGKILL')
  await expect.poll(() => findPostmaster(clusterOf(dataDir)), { timeout: 20_000 }).toBeUndefined()
  const postgres = await start(dataDir)
  expect(await sql(postgres.url(), 'select answer from notes')).toEqual([{ answer: 1 }])
})

test('a PostgreSQL that outlived its owner and its guardian is stopped and started again', async () => {
  const dataDir = makeDataFolder()
  const orphan = await orphanPostmaster(dataDir)
  const messages: string[] = []
  const postgres = await startLocalPostgres({ dataDir, onProgress: (message) => messages.push(message) })
  onTestFinished(() => postgres.stop())
  expect(messages).toEqual(['stopping the PostgreSQL that an earlier run left behind'])
  expect(findPostmaster(clusterOf(dataDir))?.pid).not.toBe(orphan.pid)
  expect(await sql(postgres.url(), 'select answer from notes')).toEqual([{ answer: 1 }])
})

test('a PostgreSQL without an owner can be joined', async () => {
  const dataDir = makeDataFolder()
  const { port } = await orphanPostmaster(dataDir)
  expect((await joinLocalPostgres(dataDir))?.port).toBe(port)
})

test('committed rows survive when PostgreSQL itself is killed, in the middle of writing', async () => {
  const dataDir = makeDataFolder()
  const first = await start(dataDir)
  await sql(first.url(), 'create table notes as select generate_series(1, 100000) as answer')
  const writing = expect(
    sql(first.url(), 'insert into notes select generate_series(1, 9000000)'),
  ).rejects.toThrow()
  process.kill(findPostmaster(clusterOf(dataDir))!.pid, 'SIGKILL')
  await first.stop()
  const second = await start(dataDir)
  await writing
  expect(await sql(second.url(), 'select count(*)::int as notes from notes')).toEqual([{ notes: 100_000 }])
})

test('a stale postmaster.pid whose number now belongs to another program does not stop the start', async () => {
  const dataDir = makeDataFolder()
  const stale = [process.pid, clusterOf(dataDir), 0, 54_329, '', '127.0.0.1', '', 'ready'].join('\n')
  writeFileSync(join(clusterOf(dataDir), 'postmaster.pid'), stale)
  expect(await joinLocalPostgres(dataDir)).toBeUndefined()
  await start(dataDir)
})

test('a claim that was cut short by a power failure does not stop the start', async () => {
  const dataDir = sharedDataFolder()
  writeFileSync(
    join(dataDir, 'postgres.lock'),
    JSON.stringify({ pid: process.pid, identity: 'another boot' }),
  )
  await start(dataDir)
})

test('with its record lost a cluster in the folder gets a new password and keeps its data', async () => {
  const dataDir = makeDataFolder()
  const first = await start(dataDir)
  await sql(first.url(), 'create table notes as select 1 as answer')
  await first.stop()
  rmSync(join(dataDir, 'postgres.json'))
  const second = await start(dataDir)
  expect(second.url()).not.toBe(first.url())
  expect(await sql(second.url(), 'select answer from notes')).toEqual([{ answer: 1 }])
})

test('a cluster of another major version is left alone, with advice', async () => {
  const dataDir = makeDataFolder()
  writeFileSync(join(clusterOf(dataDir), 'PG_VERSION'), '14\n')
  await expect(startLocalPostgres({ dataDir })).rejects.toThrow('made by PostgreSQL 14')
})

test('a start that fails leaves the folder free for the next', async () => {
  const dataDir = makeDataFolder()
  const settings = join(clusterOf(dataDir), 'postgresql.conf')
  const good = readFileSync(settings, 'utf8')
  writeFileSync(settings, 'nonsense = 1\n')
  await expect(startLocalPostgres({ dataDir })).rejects.toThrow('PostgreSQL did not start')
  expect(existsSync(join(dataDir, 'postgres.lock'))).toBe(false)
  writeFileSync(settings, good)
  await start(dataDir)
})

async function start(dataDir: string, port?: number): Promise<LocalPostgres> {
  const postgres = await startLocalPostgres({ dataDir, ...(port && { port }) })
  onTestFinished(() => postgres.stop())
  return postgres
}

function starting(dataDir: string) {
  return `startLocalPostgres({ dataDir: ${JSON.stringify(dataDir)} })`
}

function clusterOf(dataDir: string) {
  return join(dataDir, 'postgres')
}

async function orphanPostmaster(dataDir: string) {
  const owner = await spawnOwner(starting(dataDir))
  await sql(owner.url, 'create table notes as select 1 as answer')
  const postmaster = findPostmaster(clusterOf(dataDir))!
  const guardians = listProcesses().filter(({ command }) =>
    command.includes(`sh ${postmaster.pid} ${clusterOf(dataDir)}`),
  )
  for (const { pid } of guardians) process.kill(pid, 'SIGKILL')
  await kill(owner, 'SIGKILL')
  return postmaster
}

async function listen() {
  const server = createServer()
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => void server.close())
  return server.address() as { port: number }
}
