import { once } from 'node:events'
import { createServer, type AddressInfo, type Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { createScriptedSmtpServer, createTestDatabase, eventually } from '@tenon/api/testing'
import { expect, it } from 'vitest'
import { readConfig } from './config.ts'
import { createLog } from './log.ts'
import { makeTestDataDir } from './testing/index.ts'
import { joinDatabase, wire } from './wiring.ts'

it('who stops leaves Redis, and does not come back', async () => {
  const [database, dataDir] = [await createTestDatabase(), await makeTestDataDir()]
  const connections: Socket[] = []
  const redis = createServer((socket) => void connections.push(socket.on('error', () => {}).resume()))
  redis.listen(0, '127.0.0.1')
  await once(redis, 'listening')
  const config = readConfig({
    DATABASE_URL: database.directUrl,
    DATA_DIR: dataDir.path,
    REDIS_URL: `redis://127.0.0.1:${(redis.address() as AddressInfo).port}`,
  })
  const connected = once(redis, 'connection')
  const { stop } = await wire(config, await joinDatabase(config, () => {}), 'http://x', createLog('silent'))
  await connected
  await stop()
  await sleep(1_500)
  expect(connections.map(({ destroyed }) => destroyed)).toEqual([true])

  redis.close()
  await dataDir.remove()
  await database.drop()
})

it('who stops leaves the mail server', async () => {
  const [database, dataDir] = [await createTestDatabase(), await makeTestDataDir()]
  const smtp = await createScriptedSmtpServer()
  const config = readConfig({
    DATABASE_URL: database.directUrl,
    DATA_DIR: dataDir.path,
    SMTP_URL: smtp.url,
    MAIL_FROM: 'Tenon <mail@tenon.example>',
  })
  const { deps, mailbox, stop } = await wire(
    config,
    await joinDatabase(config, () => {}),
    'http://x',
    createLog('silent'),
  )
  expect(mailbox).toBeUndefined()
  await deps.mailer.send({ to: 'ada@example.com', subject: 'Hi', text: 'Hi', html: '<p>Hi</p>', key: '1' })
  expect([smtp.taken, smtp.open()]).toEqual([1, 1])
  await stop()
  await eventually(() => expect(smtp.open()).toBe(0))

  await smtp.stop()
  await dataDir.remove()
  await database.drop()
})
