import { createCalls } from '../writes/calls.mjs'

/** Each author publishes one post after the other, through either server; asked again, the other one is asked. */
export function createAuthors({ urls, people, progress, chance, signal }) {
  const { written } = progress
  const calls = urls.map((url) => createCalls({ url, written, chance, signal }))
  const authors = people.authors.map(({ token }) => calls.map(({ clientOf }) => clientOf(token)))
  const { untilAnswered } = calls[0]

  /** @returns the post's id */
  async function publish(author, { number, server }) {
    let attempts = 0
    const title = `Post ${number}`
    const { id } = await untilAnswered((options) => {
      const client = authors[author][(server + attempts++) % urls.length]
      return client.posts.create.mutate({ title, body: title, publish: true }, options)
    })
    progress.acknowledge(id, { author, number })
    return id
  }

  async function writeOn(author, posts) {
    for (const [, post] of posts) {
      await progress.mayWrite(signal)
      // What is refused is no reason to end: it is counted.
      await publish(author, post).catch((error) => {
        signal.throwIfAborted()
        progress.refuse(`${post.number}: ${error.code ?? error}`)
      })
    }
  }

  return {
    publish,
    async publishAll(posts) {
      const entries = posts.entries()
      await Promise.all(authors.map((_, author) => writeOn(author, entries)))
    },
  }
}
