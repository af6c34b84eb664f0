import { expect, it } from 'vitest'
import { DependencyAwayError, PermanentJobError } from './errors.ts'
import { judge } from './retry.ts'

const now = Date.parse('2026-03-01T12:00:00Z')

const job = ({ attempts = 1, ageSeconds = 0 } = {}) => ({
  attempts,
  max_attempts: 4,
  created_at: new Date(now - ageSeconds * 1000),
})

it.each([
  [1, 60],
  [2, 120],
  [3, 240],
])('after attempt %d it waits %d seconds, and up to a tenth more', (attempts, seconds) => {
  const delayAt = (random: number) => judge(new Error('busy'), job({ attempts }), now, random).delaySeconds
  expect(delayAt(0)).toBe(seconds)
  expect(delayAt(1)).toBeCloseTo(seconds * 1.1)
  expect(judge(new Error('busy'), job({ attempts }), now)).toMatchObject({ attempts, maxAttempts: 4 })
})

it('chance decides on the tenth', () => {
  const delays = Array.from({ length: 50 }, () => judge(new Error('busy'), job(), now).delaySeconds)
  expect(new Set(delays).size).toBeGreaterThan(10)
  expect(Math.min(...delays)).toBeGreaterThanOrEqual(60)
  expect(Math.max(...delays)).toBeLessThanOrEqual(66)
})

it('a permanent error ends the job where it stands', () => {
  expect(judge(new PermanentJobError('no'), job({ attempts: 2 }), now)).toEqual({
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
    expect(judge(new DependencyAwayError('away'), job({ attempts: 3, ageSeconds }), now)).toEqual({
      attempts: 2,
      maxAttempts: 4,
      delaySeconds,
    })
  },
)

it('with a dependency away for more than a day it ends', () => {
  expect(judge(new DependencyAwayError('away'), job({ attempts: 1, ageSeconds: 86_401 }), now)).toEqual({
    attempts: 1,
    maxAttempts: 1,
    delaySeconds: 0,
  })
})
