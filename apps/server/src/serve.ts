import { setTimeout as sleep } from 'node:timers/promises'
import { jobs, migrate, startRunner, type Deps } from '@tenon/api'
import type { FastifyInstance } from 'fastify'
import type { Logger } from 'pino'
import type { Config } from './config.ts'
import { createFirstAdmin, firstAdmin, hasFirstAdmin } from './first-admin.ts'
import { createServer } from './http/server.ts'
import { takePort } from './port.ts'
import { progress } from './start-up.ts'
import { webRoot } from './web-root.ts'
import { startDatabase, wire } from './wiring.ts'

/** Everything in one process: database, migrations, HTTP, worker. */
export async function serve(config: Config, log: Logger, opened: AsyncDisposableStack): Promise<void> {
  const port = await takePort(config.port, config.host)
  opened.defer(() => port.release())
  const publicUrl = config.publicUrl ?? `http://localhost:${port.port}`

  const database = await startDatabase(config, progress)
  opened.defer(() => database.stop())
  const { directUrl } = database
  await migrate(directUrl, { log })
  const { deps, mailbox, stop } = await wire(config, database, publicUrl, log)
  opened.defer(stop)
  const admin = config.isProduction ? [] : await adminLine(deps, await createFirstAdmin(deps))

  const runner = config.hasWorker
    ? startRunner(deps, jobs, { url: directUrl, concurrency: config.workerConcurrency })
    : undefined
  opened.defer(() => runner?.stop())
  let isDraining = false
  const health = { deps, runner, directUrl, isDraining: () => isDraining }
  const app = await createServer({
    ...config,
    ...health,
    log,
    webRoot,
    mailbox: config.isProduction ? undefined : mailbox,
  })
  opened.defer(async () => {
    isDraining = true
    // Together, as each may take ten seconds; stopping the runner twice is harmless.
    await Promise.all([drain(app, config.isProduction), runner?.stop()])
  })
  await app.ready()
  await port.handTo(app.server)
  // The last line promises that `/readyz` agrees.
  for (let turn = 0; turn < 200 && runner?.isRunning() === false; turn++) await sleep(25)
  announce(publicUrl, mailbox !== undefined, admin)
}

/** In production a balancer is given time to notice `/readyz`. An answer that takes longer than 5 s then is cut. */
async function drain(app: FastifyInstance, hasBalancer: boolean): Promise<void> {
  if (hasBalancer) await sleep(3_000)
  const cut = setTimeout(() => app.server.closeAllConnections(), 5_000)
  await app.close()
  clearTimeout(cut)
}

/** The password is shown by the start that made the admin, and never again. */
async function adminLine(deps: Deps, password: string | undefined): Promise<string[]> {
  if (!password && !(await hasFirstAdmin(deps))) return []
  const secret = password ? `, password ${password} (shown this once)` : ''
  return [`Admin     ${deps.settings.publicUrl}/sign-in as ${firstAdmin.email}${secret}`]
}

function announce(publicUrl: string, hasMailbox: boolean, admin: string[]): void {
  const lines = [
    `Web app   ${publicUrl}`,
    `API docs  ${publicUrl}/docs`,
    ...(hasMailbox ? [`Mailbox   ${publicUrl}/dev/mail`] : []),
    ...admin,
    `Tenon is ready on ${publicUrl}`,
  ]
  process.stdout.write(lines.join('\n') + '\n')
}
