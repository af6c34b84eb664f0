import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { createContext } from '../context.ts'
import { toFailure } from '../errors.ts'
import { createLimits } from '../limits.ts'
import { createLive } from '../live/live.ts'
import { appRouter } from '../router.ts'
import { silentLog as log } from './log.ts'
import { createPatientDatabase } from './patient-database.ts'
import { callByPath } from './procedures.ts'

/**
 * A process that calls each procedure it is told of many times at once: `node redeem-process.ts <database> <settings> [pooler]`.
 * It says `ready`, takes a line of JSON, `[[path, input, times], …]`, and answers with the outcomes of each.
 */
const [url, given, pooler] = process.argv.slice(2) as [string, string, string?]
const db = createPatientDatabase({ url, log, isPooler: pooler !== undefined })
const deps = {
  db,
  settings: JSON.parse(given),
  mailer: { send: async () => {} },
  hasher: {
    hash: async () => 'a hash',
    verify: async () => false,
    refuseWhenFull() {},
    reserve: async () => ({ [Symbol.dispose]() {} }),
    needsRehash: () => false,
  },
  limits: createLimits({ factor: 0, db, log }),
  live: createLive({ db, directUrl: url, log }),
  log,
  onUndeclaredError: () => {},
}
const request = {
  id: 'a request',
  ip: '203.0.113.8',
  userAgent: undefined,
  authorization: undefined,
  cookie: undefined,
  mayUseCookies: true,
}
const caller = appRouter.createCaller(() => createContext(deps, request, { setCookie: () => {} }))

const outcomeOf = (path: string, input: unknown) =>
  callByPath(caller, path, input).then(
    () => 'OK',
    (error: unknown) => toFailure(error).apiCode,
  )

process.stdout.write('ready\n')
const [line] = await once(createInterface({ input: process.stdin }), 'line')
const calls: [string, unknown, number][] = JSON.parse(String(line))
const outcomes = await Promise.all(
  calls.map(([path, input, times]) =>
    Promise.all(Array.from({ length: times }, () => outcomeOf(path, input))),
  ),
)
process.stdout.write(`${JSON.stringify(outcomes)}\n`)
await db.destroy()
process.exit()
