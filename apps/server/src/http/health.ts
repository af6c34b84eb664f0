import { migrationStatus, publicKeys, type Deps, type JobRunner } from '@tenon/api'
import type { FastifyInstance } from 'fastify'

export interface Health {
  deps: Deps
  /** Undefined when another process runs the jobs. */
  runner: JobRunner | undefined
  /** Where migrations are looked up, not through a pooler. */
  directUrl: string
  /** Set at the start of the stop, so that a balancer sends no more. */
  isDraining(): boolean
}

export function serveHealth(app: FastifyInstance, health: Health): void {
  const isMigrated = onceTrue(() => hasAllMigrations(health))
  app.get('/livez', { logLevel: 'warn' }, () => ({ status: 'ok' }))
  app.get('/readyz', { logLevel: 'warn' }, async (_request, reply) => {
    const checks = {
      database: await inTime(() => answersQueries(health.deps)),
      worker: health.runner ? toWord(health.runner.isRunning()) : 'off',
      migrations: await inTime(isMigrated),
    }
    const isReady = !health.isDraining() && !Object.values(checks).includes('failed')
    const status = health.isDraining() ? 'stopping' : isReady ? 'ok' : 'unavailable'
    return reply.code(isReady ? 200 : 503).send({ status, checks })
  })
  app.get('/.well-known/jwks.json', async (_request, reply) => {
    const keys = await publicKeys(health.deps)
    return reply.header('cache-control', 'public, max-age=300').send(keys)
  })
}

const toWord = (isGood: boolean) => (isGood ? 'ok' : 'failed')

/** A check that can't answer in time has failed: whoever asks wants to know now. */
async function inTime(check: () => Promise<boolean>): Promise<'ok' | 'failed'> {
  const tooLate = new Promise<boolean>((resolve) => setTimeout(resolve, 2_000, false).unref())
  return toWord(await Promise.race([check().catch(() => false), tooLate]))
}

async function answersQueries({ db }: Deps): Promise<boolean> {
  await db.selectNoFrom((eb) => eb.lit(1).as('one')).execute()
  return true
}

async function hasAllMigrations({ deps, directUrl }: Health): Promise<boolean> {
  const migrations = await migrationStatus(directUrl, deps)
  return migrations.every(({ executedAt }) => executedAt !== undefined)
}

/** A migration that ran stays run, so nobody asks again. */
function onceTrue(check: () => Promise<boolean>): () => Promise<boolean> {
  let isKnown = false
  return async () => (isKnown ||= await check())
}
