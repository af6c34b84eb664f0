import { expect, it } from 'vitest'
import { constant, exponential, linear } from './backoff.ts'
import { DependencyAwayError, PermanentJobError } from './errors.ts'
import { judge } from './retry.ts'

const row = (attempts = 1) => ({ attempts, max_attempts: 4 })
const job = { backoff: exponential(60, 2) }

it.each([
  [1, 60],
  [2, 120],
  [3, 240],
])('after attempt %d it waits %d seconds, and up to a tenth more', (attempts, seconds) => {
  const delayAt = (random: number) => judge(new Error('busy'), row(attempts), job, 0, random).delaySeconds
  expect(delayAt(0)).toBe(seconds)
  expect(delayAt(1)).toBeCloseTo(seconds * 1.1)
  expect(judge(new Error('busy'), row(attempts), job)).toMatchObject({ attempts, maxAttempts: 4 })
})

it('chance decides on the tenth', () => {
  const delays = Array.from({ length: 50 }, () => judge(new Error('busy'), row(), job).delaySeconds)
  expect(new Set(delays).size).toBeGreaterThan(10)
  expect(Math.min(...delays)).toBeGreaterThanOrEqual(60)
  expect(Math.max(...delays)).toBeLessThanOrEqual(66)
})

it('a permanent error ends the job where it stands', () => {
  expect(judge(new PermanentJobError('no'), row(2), job)).toEqual({
    outcome: 'failed',
    attempts: 2,
    maxAttempts: 2,
    delaySeconds: 0,
  })
})

it.each([
  [0, 5],
  [20, 20],
  [600, 60],
  [86_400, 60],
])(
  'with a dependency away since %d seconds it waits %d, without spending an attempt',
  (ageSeconds, delaySeconds) => {
    expect(judge(new DependencyAwayError('away'), row(3), job, ageSeconds)).toEqual({
      outcome: 'postponed',
      attempts: 2,
      maxAttempts: 4,
      delaySeconds,
    })
  },
)

it('with a dependency away for more than a day it ends', () => {
  expect(judge(new DependencyAwayError('away'), row(1), job, 86_401)).toEqual({
    outcome: 'failed',
    attempts: 1,
    maxAttempts: 1,
    delaySeconds: 0,
  })
})

it('the last attempt is the last', () => {
  expect(judge(new Error('busy'), row(4), job)).toMatchObject({
    outcome: 'failed',
    attempts: 4,
    maxAttempts: 4,
  })
})

it.each([
  ['exponential', exponential(60, 2), [60, 120, 240, 480]],
  ['linear', linear(30), [30, 60, 90, 120]],
  ['constant', constant(10), [10, 10, 10, 10]],
  ['exponential, a day at most', exponential(40_000, 3), [40_000, 86_400, 86_400, 86_400]],
])('%s', (_, backoff, seconds) => {
  expect([1, 2, 3, 4].map(backoff)).toEqual(seconds)
})

it.each([
  ['is restarted', Object.assign(new Error('terminating connection'), { code: '57P01' })],
  ['refuses connections', Object.assign(new Error('connect'), { code: 'ECONNREFUSED' })],
  ['has none to spare', new Error('timeout exceeded when trying to connect')],
  ['saw two transactions in each other’s way', Object.assign(new Error('deadlock'), { code: '40P01' })],
])('a database that %s costs no attempt', (_, error) => {
  expect(judge(error, row(4), job)).toEqual({
    outcome: 'postponed',
    attempts: 3,
    maxAttempts: 4,
    delaySeconds: 5,
  })
})
