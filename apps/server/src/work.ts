import { jobs, migrate, startRunner } from '@tenon/api'
import type { Logger } from 'pino'
import type { Config } from './config.ts'
import { progress } from './start-up.ts'
import { joinDatabase, wire } from './wiring.ts'

/** A process that only runs jobs, next to servers with WORKER=off. */
export async function work(config: Config, log: Logger, opened: AsyncDisposableStack): Promise<void> {
  const database = await joinDatabase(config, progress)
  opened.defer(() => database.stop())
  await migrate(database.directUrl, { log })
  const { deps, stop } = await wire(config, database, config.publicUrl ?? 'http://localhost:3000', log)
  opened.defer(stop)
  const runner = startRunner(deps, jobs, { url: database.directUrl, concurrency: config.workerConcurrency })
  opened.defer(() => runner.stop())
  process.stdout.write('Tenon is working\n')
}
