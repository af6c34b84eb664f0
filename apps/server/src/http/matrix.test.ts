import { randomUUID } from 'node:crypto'
import { errorCatalogue, type ErrorCode } from '@tenon/api'
import { allProcedures } from '@tenon/api/testing'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { callerNames, callers, createCast, type Cast } from '../testing/cast.ts'
import { startTestServer, type TestServer } from '../testing/index.ts'
import {
  callOperation,
  comparable,
  isMutation,
  operations,
  outcomeOf,
  transports,
} from '../testing/operations.ts'
import { expectedOutcome, rowOf, rows } from '../testing/procedure-rows.ts'
import { useQuickPasswords } from '../testing/quick-passwords.ts'
import { bearer } from '../testing/requests.ts'

let server: TestServer
let shared: Cast
beforeAll(async () => {
  server = await startTestServer()
  useQuickPasswords(server.api)
  // The one who stays, whoever leaves.
  await server.api.person('root', { role: 'admin' })
  shared = await createCast(server.api)
})
afterAll(() => server.stop())

it('every procedure has a row and a route, and every row a procedure', () => {
  const paths = allProcedures()
    .map(({ path }) => path)
    .toSorted()
  expect(Object.keys(rows).toSorted()).toEqual(paths)
  expect(operations.map(({ name }) => name).toSorted()).toEqual(paths)
})

const cells = operations.flatMap((operation) =>
  transports.map((transport) => ({ name: operation.name, operation, transport })),
)

describe('each caller is answered what the rung says:', () => {
  it.each(cells)('$name by $transport', async ({ name, operation, transport }) => {
    const row = rowOf(name)
    const cast = isMutation(operation) ? await createCast(server.api) : shared
    const told: string[] = []
    for (const caller of callerNames) {
      const sent = {
        input: row.input?.(cast) ?? {},
        headers: { ...callers[caller](cast), origin: server.url },
      }
      const answer = await callOperation(server, transport, operation, sent)
      const outcome = outcomeOf(answer, transport, operation)
      if (outcome !== 'OK') expect(answer.status).toBe(errorCatalogue[outcome as ErrorCode].status)
      told.push(`${caller}: ${outcome}`)
    }
    expect(told).toEqual(callerNames.map((caller) => `${caller}: ${expectedOutcome(row, caller)}`))
  })
})

const aboutOne = cells.filter(({ name, operation }) => {
  const { isOwn, rung } = rowOf(name)
  return operation.shape?.id !== undefined && (isOwn || /staff|admin/.test(rung))
})

describe('what is not theirs looks to them like what is not there:', () => {
  it('all that is about one thing is tried', () => expect(aboutOne.length).toBeGreaterThan(20))

  it.each(aboutOne)('$name by $transport', async ({ name, operation, transport }) => {
    const { other, owner, moderator } = shared
    const input = rowOf(name).input?.(shared) ?? {}
    const askers = [bearer(other.token), bearer(owner.token), bearer(moderator.token), {}]
    const isRefused = rowOf(name).isOwn
      ? [true, false, true, true]
      : [true, true, rowOf(name).rung !== 'staff', true]
    for (const headers of askers.filter((_, index) => isRefused[index])) {
      const ask = (given: object) => callOperation(server, transport, operation, { input: given, headers })
      const [foreign, missing] = [await ask(input), await ask({ ...input, id: randomUUID() })]
      expect(foreign.status).toBeGreaterThanOrEqual(401)
      expect(comparable(foreign)).toEqual(comparable(missing))
    }
  })
})
