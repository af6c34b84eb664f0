import { migrate, type Deps } from '@tenon/api'
import type { Logger } from 'pino'
import { readConfig } from './config.ts'
import { createLog } from './log.ts'
import { progress } from './start-up.ts'
import { joinDatabase, wire } from './wiring.ts'

/** For a command that needs what a server is made of, on an up-to-date schema. */
export function withDeps<T>(work: (deps: Deps) => Promise<T>): Promise<T> {
  return withDatabase(async ({ directUrl, log, connect }) => {
    await migrate(directUrl, { log })
    return work(await connect())
  })
}

interface Opened {
  directUrl: string
  log: Logger
  connect(): Promise<Deps>
}

/** On the configured database, the embedded one that runs, or one that is started for this and stopped again. */
export async function withDatabase<T>(work: (opened: Opened) => Promise<T>): Promise<T> {
  const config = readConfig()
  const log = createLog(config.logLevel)
  await using opened = new AsyncDisposableStack()
  const database = await joinDatabase(config, progress)
  opened.defer(() => database.stop())
  const connect = async () => {
    const { deps, stop } = await wire(config, database, config.publicUrl ?? 'http://localhost:3000', log)
    opened.defer(stop)
    return deps
  }
  return await work({ directUrl: database.directUrl, log, connect })
}
