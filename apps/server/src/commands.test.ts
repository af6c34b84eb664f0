import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { createDatabase } from '@tenon/api'
import {
  createEmptyDatabase,
  createTestDatabase,
  failedJob,
  insertJob,
  type TestDatabase,
} from '@tenon/api/testing'
import { sql } from 'kysely'
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest'
import { commands, UsageError } from './commands.ts'
import { createLog } from './log.ts'
import { makeTestDataDir, startTestSystem, type TestDataDir } from './testing/index.ts'
import { send } from './testing/requests.ts'
import { spawnTenon } from './testing/test-system.ts'

let dataDir: TestDataDir
let database: TestDatabase

beforeAll(async () => {
  dataDir = await makeTestDataDir()
  database = await createTestDatabase()
})
afterAll(async () => {
  await database.drop()
  await dataDir.remove()
})
afterEach(() => void vi.restoreAllMocks())

/** In this process, on the test's database. */
async function run(name: string, args: string[], { stdin = '', url = database.directUrl } = {}) {
  vi.stubEnv('DATABASE_URL', url)
  vi.stubEnv('DATA_DIR', dataDir.path)
  vi.stubEnv('LOG_LEVEL', 'silent')
  vi.spyOn(process, 'stdin', 'get').mockReturnValue(Readable.from([stdin]) as typeof process.stdin)
  const command = commands[name]
  if (!command) throw new Error(`no command ${name}`)
  return command(args).finally(() => vi.unstubAllEnvs())
}

/** As an operator types it. */
async function cli(args: string[], env: Record<string, string> = {}, stdin = '') {
  const program = fileURLToPath(new URL('cli.ts', import.meta.url))
  const child = spawnTenon(program, args, { DATA_DIR: dataDir.path, ...env })
  child.stdin?.end(stdin)
  const [[code], stdout, stderr] = await Promise.all([
    once(child, 'exit'),
    child.stdout ? text(child.stdout) : '',
    child.stderr ? text(child.stderr) : '',
  ])
  return { code, stdout, stderr }
}

const ofAda = ['--email', 'Ada@example.com', '--username', 'ada', '--password-stdin']
const ofPerson = (name: string) => ['--email', `${name}@example.com`, '--username', name, '--password-stdin']

describe('user create', () => {
  it('makes a verified person', async () => {
    const user = await run('user create', ofAda, { stdin: 'Correct7Horse\n' })
    expect(user).toMatchObject({
      email: 'ada@example.com',
      username: 'ada',
      emailVerified: true,
      role: 'user',
    })
  })

  it('makes an admin, when told', async () => {
    const args = ['--email', 'root@example.com', '--username', 'root_', '--role', 'admin', '--password-stdin']
    expect(await run('user create', args, { stdin: 'Correct7Horse' })).toMatchObject({ role: 'admin' })
  })

  it('refuses what a registration would refuse', async () => {
    await expect(run('user create', ofAda, { stdin: 'short' })).rejects.toMatchObject({
      apiCode: 'VALIDATION_ERROR',
    })
    await expect(run('user create', ofAda, { stdin: 'Correct7Horse' })).rejects.toMatchObject({
      apiCode: 'EMAIL_TAKEN',
    })
  })

  it.each([
    [['--email', 'a@example.com', '--username', 'abc'], '--password-stdin'],
    [['--email', 'a@example.com', '--password-stdin'], '--username'],
    [['--username', 'abc', '--password-stdin'], '--email'],
    [[...ofAda, '--role', 'king'], '--role'],
    [[...ofAda, '--password', 'Correct7Horse'], '--password'],
    [[...ofAda, 'extra'], 'extra'],
  ])('is wrong usage with %j, of which it names %s', async (args, named) => {
    const thrown: unknown = await run('user create', args).catch((error: unknown) => error)
    expect(thrown).toBeInstanceOf(UsageError)
    expect(String(thrown)).toContain(named)
  })
})

describe('user promote', () => {
  it('gives a role, admin unless told otherwise', async () => {
    expect(await run('user promote', ['ADA@example.com'])).toMatchObject({ username: 'ada', role: 'admin' })
    expect(await run('user promote', ['ada@example.com', '--role', 'moderator'])).toMatchObject({
      role: 'moderator',
    })
  })

  it('does not know strangers', async () => {
    await expect(run('user promote', ['nobody@example.com'])).rejects.toMatchObject({ apiCode: 'NOT_FOUND' })
    await expect(run('user promote', ['no address'])).rejects.toMatchObject({
      apiCode: 'VALIDATION_ERROR',
      details: { fields: { email: [expect.any(String)] } },
    })
  })

  it.each([[[]], [['a@example.com', 'b@example.com']], [['a@example.com', '--role', 'king']]])(
    'is wrong usage with %j',
    async (args) => {
      await expect(run('user promote', args)).rejects.toThrow(UsageError)
    },
  )

  it('does not take the last admin away', async () => {
    const own = await createTestDatabase()
    const url = own.directUrl
    for (const role of ['admin', 'user'])
      await run('user create', [...ofPerson(role), '--role', role], { stdin: 'Correct7Horse', url })
    const demote = () => run('user promote', ['admin@example.com', '--role', 'user'], { url })
    await expect(demote()).rejects.toMatchObject({ apiCode: 'LAST_ADMIN' })
    await run('user promote', ['user@example.com'], { url })
    expect(await demote()).toMatchObject({ role: 'user' })
    await own.drop()
  })
})

describe('user export', () => {
  it('prints everything that is held on somebody, and no secret', async () => {
    await run('user create', ofPerson('lena'), { stdin: 'Correct7Horse' })
    const data = await run('user export', ['LENA@example.com'])
    expect(data).toMatchObject({
      account: [{ email: 'lena@example.com', username: 'lena' }],
      sessions: [],
      events: [{ action: 'user.created', result: 'success' }],
    })
    expect(JSON.stringify(data)).not.toMatch(/argon2|hash/i)
    expect(await run('user export', ['lena@example.com'])).toMatchObject({
      events: [{ action: 'export.made' }, { action: 'user.created' }],
    })
  })

  it('does not know strangers', async () => {
    await expect(run('user export', ['nobody@example.com'])).rejects.toMatchObject({ apiCode: 'NOT_FOUND' })
    await expect(run('user export', ['no address'])).rejects.toMatchObject({ apiCode: 'VALIDATION_ERROR' })
  })

  it.each([[[]], [['a@example.com', 'b@example.com']], [['a@example.com', '--out', 'file']]])(
    'is wrong usage with %j',
    async (args) => {
      await expect(run('user export', args)).rejects.toThrow(UsageError)
    },
  )
})

describe('jobs retry', () => {
  const withDb = async <T>(work: (db: ReturnType<typeof createDatabase>) => Promise<T>) => {
    const db = createDatabase({ url: database.directUrl, log: createLog('silent') })
    try {
      return await work(db)
    } finally {
      await db.destroy()
    }
  }

  it('has a failed job run at once with all its attempts, and is in the log', async () => {
    const id = await withDb((db) => failedJob(db))
    expect(await run('jobs retry', [id])).toMatchObject({ id, state: 'waiting', attempts: 0, maxAttempts: 4 })
    const events = await withDb((db) =>
      db
        .selectFrom('auditEvents')
        .select(['actorId', 'details'])
        .where('action', '=', 'job.retried')
        .execute(),
    )
    expect(events).toEqual([{ actorId: null, details: { jobId: id, name: 'audit:sweep' } }])
  })

  it('retries all failed jobs, however many', async () => {
    const count = await withDb(async (db) => {
      await failedJob(db)
      const { numAffectedRows = 0n } = await sql`
        insert into graphile_worker._private_jobs (task_id, attempts, max_attempts)
        select task_id, 1, 1 from graphile_worker._private_jobs, generate_series(1, 10000) where attempts > 0`.execute(
        db,
      )
      return Number(numAffectedRows) + 1
    })
    expect(count).toBeGreaterThan(10_000)
    expect(await run('jobs retry', ['--failed'])).toEqual({ retried: count })
    expect(await run('jobs retry', ['--failed'])).toEqual({ retried: 0 })
  })

  it('leaves alone what runs, and does not know what is not there', async () => {
    const running = await withDb((db) => insertJob(db, { attempts: 1, lockedBy: 'worker-1' }))
    await expect(run('jobs retry', [running])).rejects.toMatchObject({ apiCode: 'CONFLICT' })
    await expect(run('jobs retry', ['9223372036854775807'])).rejects.toMatchObject({ apiCode: 'NOT_FOUND' })
    await expect(run('jobs retry', ['first'])).rejects.toMatchObject({ apiCode: 'VALIDATION_ERROR' })
  })

  it.each([[[]], [['1', '2']], [['1', '--failed']], [['--all']]])('is wrong usage with %j', async (args) => {
    await expect(run('jobs retry', args)).rejects.toThrow(UsageError)
  })

  it('prints JSON and exits with 0, or with 1 and a line', async () => {
    const id = await withDb((db) => failedJob(db))
    const env = { DATABASE_URL: database.directUrl }
    const { code, stdout, stderr } = await cli(['jobs', 'retry', id], env)
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    expect(JSON.parse(stdout)).toMatchObject({ id, state: 'waiting' })
    expect(await cli(['jobs', 'retry', '4711999'], env)).toEqual({
      code: 1,
      stdout: '',
      stderr: 'Tenon: NOT_FOUND: There is no such job.\n',
    })
    expect(await cli(['jobs', 'retry'], env)).toMatchObject({ code: 2, stdout: '' })
  })
})

describe('migrate', () => {
  it('tells what is pending, brings it in, and has nothing to do the second time', async () => {
    const empty = await createEmptyDatabase()
    const status = () =>
      run('migrate', ['--status'], { url: empty.directUrl }) as Promise<
        { name: string; executedAt: Date | null }[]
      >
    const pending = await status()
    expect(pending.length).toBeGreaterThan(2)
    expect(pending).toEqual(pending.map(({ name }) => ({ name, executedAt: null })))
    expect(await run('migrate', [], { url: empty.directUrl })).toEqual({
      applied: pending.map(({ name }) => name),
    })
    expect((await status()).filter(({ executedAt }) => !executedAt)).toEqual([])
    expect(await run('migrate', [], { url: empty.directUrl })).toEqual({ applied: [] })
    await empty.drop()
  })
})

describe('keys rotate', () => {
  it('makes a key that signs from now on, and keeps the one before published', async () => {
    const one = await run('keys rotate', [])
    const two = await run('keys rotate', [])
    const db = createDatabase({ url: database.directUrl, log: createLog('silent') })
    const keys = await db.selectFrom('signingKeys').select(['id', 'retiredAt']).orderBy('id').execute()
    await db.destroy()
    expect(keys).toEqual([
      { ...(one as object), retiredAt: expect.any(Date) },
      { ...(two as object), retiredAt: null },
    ])
  })
})

describe('openapi', () => {
  it('prints or writes the document, without a database', async () => {
    const out = join(dataDir.path, 'openapi.json')
    const url = 'postgres://127.0.0.1:1/nothing'
    const printed = await run('openapi', [], { url })
    expect(printed).toMatchObject({ openapi: '3.1.0' })
    expect(await run('openapi', ['--out', out], { url })).toEqual({ written: out })
    expect(JSON.parse(await readFile(out, 'utf8'))).toEqual(printed)
  })
})

describe('on the command line', () => {
  it('the result is JSON on stdout, and the exit code 0', async () => {
    const env = { DATABASE_URL: database.directUrl }
    const { code, stdout, stderr } = await cli(
      ['user', 'create', ...ofPerson('grace')],
      env,
      'Correct7Horse\n',
    )
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    expect(JSON.parse(stdout)).toMatchObject({ username: 'grace' })
  })

  it('a failure is told on stderr, and the exit code 1', async () => {
    const env = { DATABASE_URL: database.directUrl }
    expect(await cli(['user', 'create', ...ofAda], env, 'short')).toEqual({
      code: 1,
      stdout: '',
      stderr: expect.stringMatching(/^Tenon: VALIDATION_ERROR: .*\nTenon: password: .*\n$/),
    })
    expect(await cli(['migrate'], { DATABASE_URL: 'postgres://127.0.0.1:1/x' })).toMatchObject({
      code: 1,
      stdout: '',
    })
  })

  it.each([[[]], [['fly']], [['toString']], [['user', 'destroy']], [['migrate', '--fast']]])(
    '%j is wrong usage: exit 2',
    async (args) => {
      expect(await cli(args)).toEqual({
        code: 2,
        stdout: '',
        stderr: expect.stringContaining('Usage: npm run cli'),
      })
    },
  )

  it.each([[['--help']], [['migrate', '-h']]])('%j tells how to use it: exit 0', async (args) => {
    expect(await cli(args)).toEqual({
      code: 0,
      stdout: expect.stringMatching(/^Usage: npm run cli/),
      stderr: '',
    })
  })

  it('who reads only the beginning ends it quietly', async () => {
    const child = spawnTenon(fileURLToPath(new URL('cli.ts', import.meta.url)), ['openapi'], {})
    child.stdout?.destroy()
    const [[code], stderr] = await Promise.all([once(child, 'exit'), child.stderr ? text(child.stderr) : ''])
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
  })

  it('what the machine refuses is a line, too', async () => {
    const out = join(dataDir.path, 'missing', 'openapi.json')
    const DATABASE_URL = database.directUrl.replace(/[^/]*$/, 'missing')
    const written = await cli(['openapi', '--out', out])
    const migrated = await cli(['migrate'], { DATABASE_URL })
    expect(written).toMatchObject({
      code: 1,
      stderr: `Tenon: ${out} can not be opened: there is no such folder.\n`,
    })
    expect(migrated).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/^Tenon: PostgreSQL has no such database.*\n$/),
    })
  })

  it('it joins a system that runs, and starts its own database when none does', async () => {
    const own = await makeTestDataDir()
    const env = { DATA_DIR: own.path }
    expect(await cli(['user', 'create', ...ofPerson('ada')], env, 'Correct7Horse')).toMatchObject({
      code: 0,
    })

    const system = await startTestSystem({ dataDir: own.path })
    expect(await cli(['user', 'create', ...ofPerson('bob')], env, 'Correct7Horse')).toMatchObject({
      code: 0,
      stderr: '',
    })
    for (const name of ['ada', 'bob']) {
      const body = { email: `${name}@example.com`, password: 'Correct7Horse' }
      expect(await send('POST', `${system.url}/api/v1/auth/sessions`, { body })).toMatchObject({
        status: 201,
      })
    }
    expect(await system.stop()).toBe(0)
    await own.remove()
  })
})
