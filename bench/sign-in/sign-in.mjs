import { execFile } from 'node:child_process'
import { availableParallelism } from 'node:os'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { machine } from '../figures.mjs'
import { createClient } from '../http.mjs'
import { startSystem } from '../system.mjs'
import { signInAtOnce } from './load.mjs'
import { probe } from './probe.mjs'
import { figuresOf, judge, lineOf } from './report.mjs'

const clients = 200

// The hashing queue's own, of `packages/api/src/features/auth/hasher.ts`.
const width = Math.max(1, availableParallelism() - 1)

const paths = { 'users/me': '/api/v1/users/me', posts: '/api/v1/posts?limit=20' }

/** Sign-ins with 200 at once: how many, how soon the rest is shed, and what others notice. @returns what was missed */
export async function run({ rounds, seconds }) {
  console.log(`${machine()}; ${clients} clients, hashing queue ${width} wide`)
  const system = await startSystem()
  const client = createClient(system.url)
  try {
    const prepared = { client, url: system.url, ...(await prepare(system, client)) }
    const measured = []
    let alone = await argon2Alone(seconds / 2)
    for (let round = 1; round <= rounds; round++) {
      const before = alone
      const observed = await observe(prepared, seconds)
      alone = await argon2Alone(seconds / 2)
      measured.push(figuresOf({ ...observed, alone: (before + alone) / 2, seconds }))
      console.log(lineOf(round, measured.at(-1)))
    }
    return judge(measured)
  } finally {
    client.close()
    await system.stop()
  }
}

/** Other calls on their own, and then beside the sign-ins. */
async function observe({ client, accounts, token, url }, seconds) {
  const probed = { url, token, paths, seconds }
  const quiet = await probe(probed)
  const [busy, seen] = await Promise.all([probe(probed), signInAtOnce(client, accounts, seconds)])
  await sleep(1_000)
  return { quiet, busy, seen }
}

/** Accounts, one with posts, and everything once: what is compiled and cached later is not what is measured. */
async function prepare(system, client) {
  const password = 'Correct7Horse'
  const names = Array.from({ length: clients }, (_, n) => `person_${n}`)
  const accounts = names.map((name) => ({ email: `${name}@example.com`, password }))
  for (const { email } of accounts) {
    const username = email.split('@')[0]
    await expectStatus(201, client.call('POST', '/api/v1/users', { body: { email, username, password } }))
  }
  const author = { email: 'ada@example.com', password }
  await system.createVerifiedUser(author.email, 'ada', password)
  const body = { ...author, tokenInBody: true }
  const signedIn = await expectStatus(201, client.call('POST', '/api/v1/auth/sessions', { body }))
  const { token } = JSON.parse(signedIn.text)
  for (let n = 0; n < 40; n++) {
    const post = {
      title: `Note ${n}`,
      body: 'The engine weaves algebraical patterns. '.repeat(10),
      publish: true,
    }
    await expectStatus(201, client.call('POST', '/api/v1/posts', { token, body: post }))
  }
  await Promise.all([
    signInAtOnce(client, accounts, 15),
    probe({ url: system.url, token, paths, seconds: 15 }),
  ])
  await system.mails(accounts.at(-1).email)
  await sleep(3_000)
  return { accounts, token }
}

async function expectStatus(status, answering) {
  const answer = await answering
  if (answer.status !== status) throw new Error(`${answer.status} ${answer.text}, not ${status}`)
  return answer
}

/** In a process of its own, while the server has nothing to do. */
async function argon2Alone(seconds) {
  const program = fileURLToPath(new URL('argon2-alone.mjs', import.meta.url))
  const { stdout } = await promisify(execFile)(process.execPath, [program, String(width), String(seconds)])
  return Number(stdout)
}
