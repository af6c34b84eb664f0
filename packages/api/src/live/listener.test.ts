import { once } from 'node:events'
import { connect, createServer, type AddressInfo, type Socket } from 'node:net'
import { sql } from 'kysely'
import { afterAll, beforeAll, expect, it, vi } from 'vitest'
import { eventually } from '../testing/eventually.ts'
import { databaseUrl, onServer } from '../testing/global-setup.ts'
import { createTestApi, silentLog, type TestApi } from '../testing/index.ts'
import { startListener } from './listener.ts'

let api: TestApi

beforeAll(async () => {
  api = await createTestApi()
})

afterAll(() => api.stop())

async function listening(): Promise<number[]> {
  const { rows } = await sql<{ pid: number }>`
    select pid from pg_stat_activity where datname = current_database() and query ilike 'listen%'`.execute(
    api.db,
  )
  return rows.map(({ pid }) => pid)
}

it('whoever listens is woken when the connection is there, and again when it is made anew: nobody knows what went by', async () => {
  const onWake = vi.fn()
  const listener = startListener({ url: api.database.directUrl, log: silentLog, onWake })
  await eventually(() => expect(onWake).toHaveBeenCalledTimes(1))
  const [pid] = await listening()
  await onServer(databaseUrl(api.database.directUrl, 'postgres'), `select pg_terminate_backend(${pid})`)
  await eventually(() => expect(onWake).toHaveBeenCalledTimes(2))
  expect(await listening()).not.toContain(pid)
  await sql`select pg_notify('tenon_live', '')`.execute(api.db)
  await eventually(() => expect(onWake).toHaveBeenCalledTimes(3))
  await listener.stop()
  expect(await listening()).toEqual([])
})

/** A way to the server that can be swallowed: nothing comes through any more, nor the end of a connection. */
async function startHole(serverUrl: string) {
  const target = new URL(serverUrl)
  const sockets: Socket[] = []
  let isSwallowed = false
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    sockets.push(socket.on('error', () => {}))
    if (isSwallowed) return
    const upstream = connect(Number(target.port), target.hostname).on('error', () => {})
    sockets.push(upstream)
    socket.pipe(upstream).pipe(socket)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const url = new URL(serverUrl)
  url.host = `127.0.0.1:${(server.address() as AddressInfo).port}`
  return {
    url: url.href,
    swallow() {
      isSwallowed = true
      for (const socket of sockets) socket.unpipe().pause()
    },
    stop() {
      for (const socket of sockets) socket.destroy()
      server.close()
    },
  }
}

it.each(['is swallowed', 'never gets through'])('it stops although its connection %s', async (what) => {
  const hole = await startHole(api.database.directUrl)
  const onWake = vi.fn()
  if (what === 'never gets through') hole.swallow()
  const listener = startListener({ url: hole.url, log: silentLog, onWake })
  if (what === 'is swallowed') {
    await eventually(() => expect(onWake).toHaveBeenCalled())
    hole.swallow()
  }
  await listener.stop()
  hole.stop()
})
