import { expect } from 'vitest'
import { errorOf, type Answer } from './requests.ts'

/** Both transports refuse it, with the same code and the same fields. */
export async function expectRefused(
  calls: { rest: Promise<Answer>; trpc: Promise<Answer> },
  status: number,
  code: string,
) {
  const [rest, trpc] = [errorOf(await calls.rest, 'rest'), errorOf(await calls.trpc, 'trpc')]
  expect(rest).toMatchObject({ status, code })
  expect(trpc).toEqual(rest)
  return rest
}
