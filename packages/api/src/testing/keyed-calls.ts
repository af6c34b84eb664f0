import { randomUUID } from 'node:crypto'
import { createContext, type IncomingRequest } from '../context.ts'
import type { Deps } from '../deps.ts'
import { toFailure } from '../errors.ts'
import { appRouter } from '../router.ts'
import { plainRequest } from './plain-request.ts'
import { callByPath } from './procedures.ts'

export interface KeyedOutcome {
  /** `OK`, or the code of the refusal. */
  code: string
  output?: unknown
  isReplayed: boolean
}

export const newKey = (): string => randomUUID()

/** A call with an `Idempotency-Key`, a new one unless the request has its own. */
export async function callWithKey(
  deps: Deps,
  path: string,
  input: unknown,
  request: Partial<IncomingRequest> = {},
): Promise<KeyedOutcome> {
  let isReplayed = false
  const response = {
    setCookie: () => {
      throw new Error(`${path} sets a cookie, which would not be set again`)
    },
    markReplayed: () => void (isReplayed = true),
  }
  const incoming = { ...plainRequest(), idempotencyKey: newKey(), ...request }
  const caller = appRouter.createCaller(() => createContext(deps, incoming, response))
  try {
    const output = await callByPath(caller, path, input)
    return { code: 'OK', output, isReplayed }
  } catch (error) {
    return { code: toFailure(error).apiCode, isReplayed }
  }
}

export const bearer = (token: string) => ({ authorization: `Bearer ${token}` })
