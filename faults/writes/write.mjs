import { createCalls } from './calls.mjs'

const password = 'Correct7Horse'
const atATime = 8
const authors = 20

/**
 * Registers users; and the first of them write drafts, as soon as they are there. Each tells by its name or its text who it
 * is.
 */
export async function writeAll({ url, users, drafts, written, chance, signal }) {
  const { clientOf, untilAnswered } = createCalls({ url, written, chance, signal })
  const nobody = clientOf()
  const people = Array.from({ length: users }, (_, index) => `person_${index}`)
  const titles = Array.from({ length: drafts }, (_, index) => `Draft ${index}`)
  const writers = people.slice(0, authors).map(() => Promise.withResolvers())
  // Who waits for them hears of it.
  for (const { promise } of writers) promise.catch(() => {})

  async function register(username, index) {
    const input = { email: `${username}@example.com`, username, password }
    try {
      const { id } = await untilAnswered((options) => nobody.users.create.mutate(input, options))
      written.add('users', { id, email: input.email })
      if (index < writers.length) writers[index].resolve(await signIn(input.email))
    } catch (error) {
      writers[index]?.reject(error)
      throw error
    }
  }

  async function signIn(email) {
    const input = { email, password, tokenInBody: true }
    const { token } = await untilAnswered(() => nobody.auth.signIn.mutate(input, { signal }))
    return clientOf(token)
  }

  async function write(title, index) {
    const client = await writers[index % writers.length].promise
    const { id } = await untilAnswered((options) =>
      client.posts.create.mutate({ title, body: title }, options),
    )
    written.add('drafts', { id, title })
  }

  /** What is refused is no reason to end: it is counted. */
  const counted = (work) => (item, index) =>
    work(item, index).catch((error) => {
      signal.throwIfAborted()
      written.add('refused', `${item}: ${error.code ?? error}`)
    })

  await Promise.all([inTurns(people, counted(register)), inTurns(titles, counted(write))])
}

/** A few at a time, in their order. */
async function inTurns(list, work) {
  const entries = list.entries()
  const turn = async () => {
    for (const [index, item] of entries) await work(item, index)
  }
  await Promise.all(Array.from({ length: atATime }, turn))
}
