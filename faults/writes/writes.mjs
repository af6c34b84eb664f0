import { makeDataDir } from '../data-dir.mjs'
import { tell } from '../figures.mjs'
import { openQuestions, startPostgres } from '../postgres.mjs'
import { createChance } from '../seed.mjs'
import { expectTogether } from '../together.mjs'
import { untilDone } from '../until-done.mjs'
import { count } from './count.mjs'
import { killServer } from './kill.mjs'
import { startMailServer } from './mail.mjs'
import { startServer } from './server.mjs'
import { writeAll } from './write.mjs'
import { createWritten } from './written.mjs'

/** People register and write while the server is killed: what was acknowledged must be there, once. */
export async function run(options, stopping) {
  const { signal, together } = expectTogether(stopping)
  await using opened = new AsyncDisposableStack()
  const { users, drafts, kills, seed, hasten } = options
  const chance = createChance(seed)
  const dataDir = await makeDataDir(opened)
  const { url: databaseUrl } = await startPostgres(dataDir, opened)
  const ask = openQuestions(databaseUrl, opened, signal)
  const mail = await startMailServer(chance, opened)
  const server = await startServer({ url: databaseUrl, dataDir, smtpUrl: mail.url, opened })

  const written = createWritten()
  const [lastAt] = await together([
    killServer({ server, ask, written, chance, kills, writes: users + drafts, hasten, signal }),
    writeAll({ url: server.url, users, drafts, written, chance, signal }),
  ])
  const left = await untilDone(ask, lastAt, signal)
  const hasStopped = await server.stop()
  const broken = tell(await count({ ask, options, written, mail, left, hasStopped }))
  if (broken.length > 0)
    for (const line of [...written.refused.slice(0, 20), ...server.printed.slice(-40)]) console.log(line)
  return broken
}
