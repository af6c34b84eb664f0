import { createDevMailbox } from '@tenon/api'
import { join } from 'node:path'
import { createTestApi, eventually } from '@tenon/api/testing'
import { expect, it, vi } from 'vitest'
import { readConfig } from './config.ts'
import { createLog } from './log.ts'
import { makeTestDataDir } from './testing/index.ts'
import { work } from './work.ts'

it('a worker does what servers leave to it, until it is stopped', async () => {
  const api = await createTestApi()
  const dataDir = await makeTestDataDir()
  const print = vi.spyOn(process.stdout, 'write').mockReturnValue(true)
  const secret = api.deps.settings.appSecrets[0].padEnd(32, '.')
  api.deps.settings.appSecrets = [secret]
  await api.nobody.users.create({ email: 'ada@example.com', username: 'ada', password: 'Correct7Horse' })

  const opened = new AsyncDisposableStack()
  const env = { DATABASE_URL: api.database.directUrl, DATA_DIR: dataDir.path, APP_SECRET: secret }
  await work(readConfig(env), createLog('silent'), opened)
  const mailbox = createDevMailbox(join(dataDir.path, 'mail'), api.deps.settings)
  await eventually(async () => expect(await mailbox.list()).toMatchObject([{ to: 'ada@example.com' }]))
  await opened.disposeAsync()
  expect(await api.waitingJobs()).toEqual([])

  print.mockRestore()
  await dataDir.remove()
  await api.stop()
})
