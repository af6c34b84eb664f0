import { expect, it } from 'vitest'
import { inBatches } from './batches.ts'

const never = new AbortController().signal

it('goes on until a step finds less than it was given', async () => {
  let left = 1_200
  const steps: number[] = []
  const step = async (limit: number) => {
    const done = Math.min(limit, left)
    left -= done
    steps.push(done)
    return done
  }
  await inBatches(step, never)
  expect(steps).toEqual([500, 500, 200])
})

it('ends between two steps when the worker stops', async () => {
  const endless = inBatches(async (limit) => limit, AbortSignal.abort(new Error('stopping')))
  await expect(endless).rejects.toThrow('stopping')
})
