import { createContext } from '../context.ts'
import { createDatabase } from '../db.ts'
import { createLimits } from '../limits.ts'
import { createLive } from '../live/live.ts'
import { appRouter } from '../router.ts'
import { silentLog as log } from './log.ts'
import { plainRequest } from './plain-request.ts'
import { callByPath } from './procedures.ts'

/** A process that makes one call and may be killed at it: `node keyed-process.ts <what it calls, as JSON>`. */
const { url, isPooled, settings, path, input, authorization, idempotencyKey } = JSON.parse(
  String(process.argv[2]),
)
const db = createDatabase({ url, log, isPooler: isPooled })
const deps = {
  db,
  settings,
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
const request = { ...plainRequest(), authorization, idempotencyKey }
const caller = appRouter.createCaller(() => createContext(deps, request, { setCookie: () => {} }))
await callByPath(caller, path, input)
await db.destroy()
