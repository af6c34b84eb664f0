import { Logger, run } from 'graphile-worker'
import { createPool } from '../db.ts'
import { fastPreset } from '../jobs/run.ts'
import { silentLog } from './log.ts'

/** Graphile Worker alone, as the fast lane sets it: what the engine is measured against. */
export async function startBareWorker(
  url: string,
  task: string,
  work: () => Promise<void>,
): Promise<{ stop(): Promise<void> }> {
  const pool = createPool({ url, log: silentLog, max: 12 })
  const runner = await run({
    pgPool: pool,
    taskList: { [task]: work },
    noHandleSignals: true,
    logger: new Logger(() => () => {}),
    preset: { worker: fastPreset(10) },
  })
  return {
    async stop() {
      await runner.stop()
      await pool.end()
    },
  }
}
