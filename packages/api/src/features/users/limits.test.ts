import { afterEach, beforeEach, expect, it } from 'vitest'
import { createTestApi, type Person, type TestApi } from '../../testing/index.ts'
import { refusalOf } from '../../testing/refusal.ts'
import { statementsOf } from '../../testing/statements.ts'

let api: TestApi
let ada: Person
let bob: Person
let sources: number

beforeEach(async () => {
  api = await createTestApi({ rateLimitFactor: 1 })
  ada = await api.person('ada')
  bob = await api.person('bob')
  sources = 0
})

afterEach(() => api.stop())

/** Each time from another network, so that no source has to wait. */
const calling = ({ token }: Person) =>
  api.callerOf({ authorization: `Bearer ${token}`, ip: `203.0.113.${++sources}` })

const askFor = (person: Person, email: string) => calling(person).auth.email.change({ email })

const tooMany = { code: 'RATE_LIMITED', status: 429, details: { retryAfterSeconds: expect.any(Number) } }

it('a person asks for ten mails an hour, of any kind and from wherever, and is told to wait; nobody else has to', async () => {
  for (let count = 0; count < 5; count++) {
    await calling(ada).users.export()
    await askFor(ada, `ada${count}@example.com`)
  }
  expect(await refusalOf(calling(ada).users.export())).toMatchObject(tooMany)
  expect(await refusalOf(askFor(ada, 'ada9@example.com'))).toMatchObject(tooMany)
  expect(await calling(bob).users.export()).toEqual({ ok: true })
  expect(await askFor(bob, 'bob2@example.com')).toEqual({ ok: true })
})

it('to one new address go five mails an hour, whoever asks; past that it is the same answer after the same statements', async () => {
  const observed = async (person: Person, email: string) => {
    let answer: unknown
    const statements = await statementsOf(async () => void (answer = await askFor(person, email)))
    await api.drainJobs()
    return { answer, texts: statements.map(({ text }) => text) }
  }
  for (const person of [ada, ada, ada, bob, bob]) {
    expect(await askFor(person, 'zoe@example.com')).toEqual({ ok: true })
    await api.drainJobs()
  }
  expect(api.mailbox.to('zoe@example.com')).toHaveLength(5)
  for (const person of [ada, bob])
    expect(await observed(person, 'zoe@example.com')).toEqual(await observed(person, 'yan@example.com'))
  expect(api.mailbox.to('zoe@example.com')).toHaveLength(5)
  expect(api.mailbox.to('yan@example.com')).toHaveLength(2)
})

it('a person renames themselves thirty times an hour, and is told to wait', async () => {
  for (let count = 0; count < 30; count++) await calling(ada).users.update({ name: `Ada ${count}` })
  expect(await refusalOf(calling(ada).users.update({ name: 'Ada 30' }))).toMatchObject(tooMany)
  expect(await ada.calls.users.me()).toMatchObject({ name: 'Ada 29' })
  expect(await calling(bob).users.update({ name: 'Bob' })).toMatchObject({ name: 'Bob' })
})
