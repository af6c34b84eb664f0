import { expect, test, vi } from 'vitest'
import { ApiError } from '../index.ts'
import { createBackoff, isFinal } from './backoff.ts'

const cut = new ApiError({ code: 'NETWORK' })

const pauses = (count: number, backoff = createBackoff(), failure: ApiError = cut) =>
  Array.from({ length: count }, () => Math.round(backoff.nextPauseMs(failure)))

test('pauses double from 250 ms to 30 s, and are spread over half of their length', () => {
  const random = vi.spyOn(Math, 'random').mockReturnValue(0.9999)
  expect(pauses(9)).toEqual([250, 500, 1_000, 2_000, 4_000, 8_000, 15_999, 29_999, 29_999])
  random.mockReturnValue(0)
  expect(pauses(9)).toEqual([125, 250, 500, 1_000, 2_000, 4_000, 8_000, 15_000, 15_000])
})

test('a connection that proved good begins them anew', () => {
  vi.spyOn(Math, 'random').mockReturnValue(0)
  const backoff = createBackoff()
  expect(pauses(3, backoff)).toEqual([125, 250, 500])
  backoff.reset()
  expect(pauses(2, backoff)).toEqual([125, 250])
})

test('they begin where the server wishes', () => {
  vi.spyOn(Math, 'random').mockReturnValue(0)
  const backoff = createBackoff()
  backoff.startAt(2_000)
  expect(pauses(6, backoff)).toEqual([1_000, 2_000, 4_000, 8_000, 15_000, 15_000])
  backoff.startAt(86_400_000)
  expect(pauses(1, backoff)).toEqual([15_000])
})

test('the seconds that the server asks for come on top, as long as a timer can be', () => {
  vi.spyOn(Math, 'random').mockReturnValue(0)
  const limited = (retryAfterSeconds: number) =>
    new ApiError({ code: 'RATE_LIMITED', status: 429, details: { retryAfterSeconds } })
  expect(pauses(1, createBackoff(), limited(60))).toEqual([60_125])
  expect(pauses(1, createBackoff(), limited(1e9))).toEqual([2 ** 31 - 1])
})

test.for([
  ['NETWORK', 0, false],
  ['TIMEOUT', 0, false],
  ['INTERNAL', 0, true],
  ['UNAUTHORIZED', 0, true],
  ['INTERNAL', 200, false],
  ['VALIDATION_ERROR', 400, true],
  ['UNAUTHORIZED', 401, true],
  ['FORBIDDEN', 403, true],
  ['NOT_FOUND', 404, true],
  ['TIMEOUT', 408, false],
  ['URI_TOO_LONG', 414, true],
  ['RATE_LIMITED', 429, false],
  ['INTERNAL', 500, false],
  ['UNAVAILABLE', 503, false],
] as const)('whether %s with %i is the end: %s', ([code, status, isEnd]) => {
  expect(isFinal(new ApiError({ code, status }))).toBe(isEnd)
})
