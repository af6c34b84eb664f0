import type { Kysely } from 'kysely'
import { createContext, type IncomingRequest } from '../context.ts'
import { createDatabase, inTransaction, type Database } from '../db.ts'
import type { Deps } from '../deps.ts'
import { createPasswordHasher } from '../features/auth/hasher.ts'
import type { User } from '../features/auth/principal.ts'
import type { Role } from '../features/auth/roles.ts'
import { startSession } from '../features/auth/sessions.ts'
import { createVerifiedUser } from '../features/users/users.ts'
import { createLimits } from '../limits.ts'
import { createLive } from '../live/live.ts'
import { appRouter } from '../router.ts'
import { drainJobs, makeJobsDue, waitingJobs } from './jobs.ts'
import { recordingLog, type LogEntry } from './log.ts'
import { createTestMailbox, type TestMailbox } from './mailbox.ts'
import { createPatientDatabase } from './patient-database.ts'
import { plainRequest } from './plain-request.ts'
import { createTestDatabase, type TestDatabase } from './test-database.ts'

export { dumpOf, holds } from './dump.ts'
export { eventually } from './eventually.ts'
export { runFaults } from './fault-run.ts'
export { failedJob, insertJob, retryingJob } from './job-rows.ts'
export { recordingLog, silentLog } from './log.ts'
export { allProcedures, type ProcedureEntry } from './procedures.ts'
export { plainRequest } from './plain-request.ts'
export { startTestProxy, type TestProxy } from './proxy.ts'
export { createScriptedSmtpServer, type ScriptedSmtpServer } from './smtp-script.ts'
export { openTestStream, publishNumber, settled, type TestStream } from './streams.ts'
export { createEmptyDatabase, createTestDatabase, type TestDatabase } from './test-database.ts'

export type Caller = ReturnType<typeof appRouter.createCaller>

/** The password of every named person. */
export const password = 'Correct7Horse'

export interface Person {
  user: User
  email: string
  /** Of their session; send it as a bearer. */
  token: string
  /** Calls the router as them; who they are is read again at each call. */
  calls: Caller
}

export interface TestApi {
  deps: Deps
  db: Kysely<Database>
  database: TestDatabase
  mailbox: TestMailbox
  logged: LogEntry[]
  nobody: Caller
  /** Calls the router with a request of this kind. `cookies` collects what is set. */
  callerOf(request?: Partial<IncomingRequest>, cookies?: string[]): Caller
  /** Verified and signed in, unless told otherwise. */
  person(name: string, options?: { role?: Role; isVerified?: boolean }): Promise<Person>
  drainJobs(): Promise<void>
  waitingJobs(): ReturnType<typeof waitingJobs>
  makeJobsDue(): Promise<void>
  /** @throws when a procedure raised a code that it does not declare */
  stop(): Promise<void>
}

/**
 * The API on a database of its own: `const api = await createTestApi()`, and `afterAll(() => api.stop())`.
 * Limits are off unless a factor is given. `isPatient` where many ask at once and none may be turned away.
 */
export async function createTestApi({ rateLimitFactor = 0, isPatient = false } = {}): Promise<TestApi> {
  const database = await createTestDatabase()
  const { log, entries: logged } = recordingLog()
  const mailbox = createTestMailbox()
  const undeclared: string[] = []
  const connect = isPatient ? createPatientDatabase : createDatabase
  const db = connect({ url: database.url, log, isPooler: database.isPooled })
  const deps: Deps = {
    db,
    settings: {
      publicUrl: 'http://localhost:3000',
      appSecrets: ['a secret for tests'],
      mailFrom: 'tenon@example.com',
      verificationHours: 24,
      resetMinutes: 15,
      auditDays: 365,
      jobHistoryDays: 14,
      failedJobDays: 90,
    },
    mailer: mailbox,
    hasher: createPasswordHasher(),
    limits: createLimits({ factor: rateLimitFactor, db, log }),
    live: createLive({ db, directUrl: database.directUrl, log }),
    log,
    onUndeclaredError: (path, code) => void undeclared.push(`${path} raises ${code}`),
  }

  const callerOf = (request: Partial<IncomingRequest> = {}, cookies: string[] = []) =>
    appRouter.createCaller(() =>
      createContext(
        deps,
        { ...plainRequest(), ...request },
        { setCookie: (cookie) => void cookies.push(cookie) },
      ),
    )

  return {
    deps,
    db,
    database,
    mailbox,
    logged,
    nobody: callerOf(),
    callerOf,
    person: (name, options) => createPerson(deps, callerOf, name, options),
    drainJobs: () => drainJobs(deps, database.directUrl),
    waitingJobs: () => waitingJobs(deps),
    makeJobsDue: () => makeJobsDue(deps),
    async stop() {
      await deps.live.stop()
      await db.destroy()
      await database.drop()
      if (undeclared.length > 0) throw new Error(`Undeclared errors: ${[...new Set(undeclared)].join(', ')}`)
    },
  }
}

async function createPerson(
  deps: Deps,
  callerOf: TestApi['callerOf'],
  username: string,
  { role = 'user', isVerified = true }: { role?: Role; isVerified?: boolean } = {},
): Promise<Person> {
  const email = `${username.toLowerCase()}@example.com`
  const user = await createVerifiedUser(deps, { email, username, password }, role)
  if (!isVerified)
    await deps.db.updateTable('users').set({ emailVerifiedAt: null }).where('id', '=', user.id).execute()
  const { token } = await inTransaction(deps.db, (trx) => startSession(trx, user.id, plainRequest()))
  const calls = callerOf({ authorization: `Bearer ${token}` })
  return { user: await calls.users.me(), email, token, calls }
}
