import { mkdtemp, readdir, rm, stat, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { createDevMailbox } from './dev-mailbox.ts'

let folder: string

beforeEach(async () => {
  folder = join(await mkdtemp(join(tmpdir(), 'tenon-mailbox-')), 'mail')
})

afterEach(() => rm(join(folder, '..'), { recursive: true }))

const settings = {
  publicUrl: 'http://localhost:3000',
  appSecrets: ['a secret for tests'] as [string],
  mailFrom: 'tenon@example.com',
}

const mail = (subject: string) => ({
  to: 'ada@example.com',
  subject,
  html: '<p>Hi</p>',
  text: 'Hi',
  key: 'job.1',
})

it('caught mail is listed newest first, with everything that was sent', async () => {
  const mailbox = createDevMailbox(folder, settings)
  await mailbox.send(mail('First'))
  await mailbox.send(mail('Second'))
  const items = await mailbox.list()
  expect(items.map(({ subject }) => subject)).toEqual(['Second', 'First'])
  expect(items[1]).toEqual({
    id: expect.any(String),
    to: 'ada@example.com',
    from: 'tenon@example.com',
    subject: 'First',
    text: 'Hi',
    html: '<p>Hi</p>',
    messageId: '<job.1@localhost>',
    createdAt: expect.stringMatching(/Z$/),
  })
})

it('what one process catches another one shows', async () => {
  await createDevMailbox(folder, settings).send(mail('Hello'))
  expect(await createDevMailbox(folder, settings).list()).toHaveLength(1)
})

it('one mail is found by its id, and nothing by a path', async () => {
  const mailbox = createDevMailbox(folder, settings)
  await mailbox.send(mail('Hello'))
  await writeFile(join(folder, '../secret.json'), '{}')
  const [hello] = await mailbox.list()
  expect(await mailbox.find(hello!.id)).toEqual(hello)
  expect(await mailbox.find('0198c5f2-6a52-7c3e-9d0a-3b1f6c2e8a44')).toBeUndefined()
  expect(await mailbox.find('../secret')).toBeUndefined()
})

it('before the first mail the box is empty', async () => {
  expect(await createDevMailbox(folder, settings).list()).toEqual([])
})

it('only its owner can read it', async () => {
  await createDevMailbox(folder, settings).send(mail('Hello'))
  const [file] = await readdir(folder)
  expect((await stat(folder)).mode & 0o777).toBe(0o700)
  expect((await stat(join(folder, file!))).mode & 0o777).toBe(0o600)
})

it('the newest 200 are kept', async () => {
  const mailbox = createDevMailbox(folder, settings)
  for (let count = 0; count < 203; count++) await mailbox.send(mail(`Mail ${count}`))
  const subjects = (await mailbox.list()).map(({ subject }) => subject)
  expect(subjects).toHaveLength(200)
  expect([subjects[0], subjects.at(-1)]).toEqual(['Mail 202', 'Mail 3'])
})

it('a mail that goes while the box is listed is left out', async () => {
  const mailbox = createDevMailbox(folder, settings)
  await mailbox.send(mail('Hello'))
  await symlink('nowhere', join(folder, 'gone.json'))
  expect(await mailbox.list()).toHaveLength(1)
})
