import { createClient } from '../../packages/sdk/src/index.ts'
import { makeDataDir } from '../data-dir.mjs'
import { tell } from '../figures.mjs'
import { openQuestions, startPostgres } from '../postgres.mjs'
import { createChance } from '../seed.mjs'
import { expectTogether } from '../together.mjs'
import { untilDone } from '../until-done.mjs'
import { breakAll } from './break.mjs'
import { count } from './count.mjs'
import { measureLatency } from './latency.mjs'
import { readLog } from './log.mjs'
import { makePeople } from './people.mjs'
import { makePlan } from './plan.mjs'
import { createProgress } from './progress.mjs'
import { openReader } from './reader.mjs'
import { startServers } from './servers.mjs'
import { openWay } from './way.mjs'
import { createAuthors } from './write.mjs'

/** People write through two servers while streams are cut and all else is restarted: each event must arrive once, in order. */
export async function run(options, stopping) {
  const { signal, together } = expectTogether(stopping)
  await using opened = new AsyncDisposableStack()
  const dataDir = await makeDataDir(opened)
  const postgres = await startPostgres(dataDir, opened)
  const { url } = postgres
  const ask = openQuestions(url, opened, signal)
  const servers = await startServers({ url, dataDir, opened })
  const urls = servers.map((server) => server.url)
  const people = await makePeople({ url, serverUrl: urls[0] })
  const latency = await measureLatency({ from: urls[0], to: urls[1], people, signal, ...options })

  const chance = createChance(options.seed)
  const plan = makePlan(chance, options)
  const progress = createProgress(plan)
  const authors = createAuthors({ urls, people, progress, chance, signal })
  // While others read on a server, it is in the midst of its events when somebody comes.
  for (const server of urls)
    openReader(createClient({ url: server, token: people.root.token }), ['notifications'], opened)
  const way = await openWay(urls, opened)
  const ada = createClient({ url: urls[0], fetch: way.fetch, token: people.ada.token })
  const reader = openReader(ada, ['posts', 'notifications'], opened)
  await reader.until(() => reader.state === 'live', signal)
  const first = await publishAndHear(plan.posts[0])
  const { hasten } = options
  await together([
    breakAll(plan, { servers, postgres, way, reader, progress, ask, hasten, signal }),
    authors.publishAll(plan.posts.slice(1, -1)),
  ])
  const left = await untilDone(ask, Date.now(), signal)
  const last = await publishAndHear(plan.posts.at(-1))

  const log = await readLog(ask, people, first, last)
  const stopped = await Promise.all(servers.map((server) => server.stop()))
  const broken = tell(count({ options, latency, reader, log, last, left, stopped, ...progress }))
  if (broken.length > 0) tellOf(progress.written, servers)
  return broken

  /** Whatever comes before it in the log has arrived when it has, or never will. */
  async function publishAndHear(post) {
    const id = await authors.publish(0, post)
    const patience = AbortSignal.timeout(60_000)
    const hasArrived = () => reader.events.some(({ data }) => data.postId === id)
    await reader.until(hasArrived, AbortSignal.any([signal, patience])).catch((error) => {
      if (!patience.aborted) throw error
      console.log(`Post ${post.number} had not arrived after a minute; the stream was ${reader.state}.`)
    })
    return id
  }
}

/** What was refused, and what the servers said, by how often. */
function tellOf({ refused }, servers) {
  const logged = servers.flatMap(({ printed }) => printed.map(messageOf))
  const by = Map.groupBy([...refused, ...logged], (text) => text)
  for (const [text, { length }] of [...by].toSorted(([, a], [, b]) => b.length - a.length).slice(0, 40))
    console.log(`${String(length).padStart(6)} × ${text}`)
}

/** What Node or a library prints is none of ours. */
function messageOf(line) {
  try {
    const { msg, err } = JSON.parse(line)
    return err ? `${msg}: ${err.message}` : msg
  } catch {
    return line
  }
}
