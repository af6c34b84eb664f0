import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { createPool } from '../packages/api/src/db.ts'
import { migrate } from '../packages/api/src/migrate.ts'
import { silentLog as log } from '../packages/api/src/testing/log.ts'
import { startLocalPostgres } from '../packages/local-postgres/src/index.ts'
import { clusterOf } from './data-dir.mjs'
import { takePort } from './port.mjs'

/** A PostgreSQL that waits for its disk as in production, migrated; it goes when `opened` is closed. */
export async function startPostgres(dataDir, opened) {
  const port = await takePort()
  let server = await startLocalPostgres({ dataDir, port })
  opened.defer(() => server.stop())
  const url = server.url()
  await migrate(url, { log })
  return {
    url,
    /** @param {'fast' | 'kill'} way like `pg_ctl restart -m fast`, or after a `kill -9` of the postmaster */
    async restart(way) {
      if (way === 'kill') process.kill(await postmasterOf(dataDir), 'SIGKILL')
      // While children of a killed postmaster hold its port or memory, PostgreSQL starts on another one.
      do {
        await server.stop()
        server = await startLocalPostgres({ dataDir, port })
      } while (server.port !== port)
    },
  }
}

async function postmasterOf(dataDir) {
  const [pid] = (await readFile(join(await clusterOf(dataDir), 'postmaster.pid'), 'utf8')).split('\n')
  return Number(pid)
}

/** Asks until PostgreSQL answers: for what the run itself has to know. */
export function openQuestions(url, opened, signal) {
  const pool = createPool({ url, log, max: 3 })
  opened.defer(() => pool.end())
  return async function ask(text, values = []) {
    for (;;) {
      try {
        return (await pool.query(text, values)).rows
      } catch (error) {
        if (!isAway(error)) throw error
        await sleep(100, undefined, { signal })
      }
    }
  }
}

/** Of a statement that is wrong PostgreSQL says so itself, with a class of errors of its own. */
const isAway = ({ code }) => code === undefined || !/^(22|23|25|42)/.test(code)
