import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { createContext } from '../../packages/api/src/context.ts'
import { createDatabase, inTransaction } from '../../packages/api/src/db.ts'
import { createPasswordHasher } from '../../packages/api/src/features/auth/hasher.ts'
import { startSession } from '../../packages/api/src/features/auth/sessions.ts'
import { findPublicUser } from '../../packages/api/src/features/users/queries.ts'
import { createVerifiedUser } from '../../packages/api/src/features/users/users.ts'
import { createLimits } from '../../packages/api/src/limits.ts'
import { appRouter } from '../../packages/api/src/router.ts'
import { machine, median, quantile, spread } from '../figures.mjs'
import { log, openPostgres } from '../postgres.mjs'

const calls = 300
const registrations = 60
const goals = { draft: 3, reads: 1 / 3 }

/** What a key costs, and what a transaction would that was open while a password is hashed. */
export async function run({ rounds }) {
  console.log(machine())
  await using opened = new AsyncDisposableStack()
  const deps = await open(opened)
  const ada = await person(deps)
  const drafts = {
    'a draft': () => ada(undefined).posts.create(draft),
    'a draft with a key': () => ada(randomUUID()).posts.create(draft),
    'a draft that is replayed': () => ada('the-same').posts.create(draft),
  }
  const readers = {
    'reads beside registrations without keys': () => readBeside(deps, undefined),
    'reads beside registrations with keys': () => readBeside(deps, randomUUID),
    'reads, were a transaction open while they are hashed': () => readBeside(whileOpen(deps), randomUUID),
  }
  const times = await repeat(rounds, drafts, oneByOne)
  for (const [name, all] of Object.entries(times)) console.log(`${name}: ${spread(all, 2)} ms`)
  const p99s = await repeat(rounds, readers, (read) => read())
  for (const [name, all] of Object.entries(p99s)) console.log(`${name}, p99: ${spread(all, 1)} ms`)
  return [
    ...missed(times, ['a draft with a key', 'a draft'], goals.draft),
    ...missed(p99s, [Object.keys(readers)[1], Object.keys(readers)[2]], goals.reads),
  ]
}

function missed(times, [one, other], most) {
  const ratio = median(times[one]) / median(times[other])
  return ratio > most ? [`${one}, at most ${most.toFixed(2)} times ${other}: ${ratio.toFixed(2)}`] : []
}

const draft = { title: 'A title', body: 'A body of some length. '.repeat(40) }

async function repeat(rounds, cases, measure) {
  const times = Object.fromEntries(Object.keys(cases).map((name) => [name, []]))
  for (const work of Object.values(cases)) await measure(work)
  for (let round = 0; round < rounds; round++)
    for (const [name, work] of Object.entries(cases)) times[name].push(await measure(work))
  return times
}

async function oneByOne(work) {
  const each = []
  for (let call = 0; call < calls; call++) each.push(await timed(work))
  return median(each)
}

async function timed(work) {
  const begin = performance.now()
  await work()
  return performance.now() - begin
}

/** The p99 of a read of one row every few milliseconds, while many register. */
async function readBeside(deps, newKey) {
  let isBusy = true
  const everybody = Promise.all(
    Array.from({ length: registrations }, () => {
      const username = `p${randomUUID().replaceAll('-', '')}`
      const given = { email: `${username}@example.com`, username, password: 'Correct7Horse' }
      return callerOf(deps, { idempotencyKey: newKey?.() }).users.create(given)
    }),
  ).finally(() => (isBusy = false))
  const reads = []
  for (; isBusy; await sleep(4)) reads.push(timed(() => findPublicUser(deps.db, randomUUID())))
  await everybody
  return quantile(await Promise.all(reads), 0.99)
}

const whileOpen = (deps) => ({
  ...deps,
  hasher: {
    ...deps.hasher,
    hash: (password) => inTransaction(deps.db, () => deps.hasher.hash(password)),
  },
})

async function person(deps) {
  const names = { email: 'ada@example.com', username: 'ada', password: 'Correct7Horse' }
  const { id } = await createVerifiedUser(deps, names, 'user')
  const { token } = await inTransaction(deps.db, (trx) => startSession(trx, id, request))
  return (idempotencyKey) => callerOf(deps, { authorization: `Bearer ${token}`, idempotencyKey })
}

const request = { id: 'bench', ip: '203.0.113.7', mayUseCookies: false }

const callerOf = (deps, given) =>
  appRouter.createCaller(() => createContext(deps, { ...request, ...given }, { setCookie() {} }))

async function open(opened) {
  const url = await openPostgres(opened)
  const db = createDatabase({ url, log })
  opened.defer(() => db.destroy())
  const settings = {
    publicUrl: 'http://localhost:3000',
    appSecrets: ['a secret of the bench'],
    verificationHours: 24,
    auditDays: 365,
  }
  const limits = createLimits({ factor: 0, db, log })
  return { db, settings, limits, log, hasher: createPasswordHasher(), onUndeclaredError() {} }
}
