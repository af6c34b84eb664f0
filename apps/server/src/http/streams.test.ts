import { IncomingMessage, ServerResponse } from 'node:http'
import { Socket } from 'node:net'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { createPings } from './streams.ts'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

/** Whose reader is slow: what it was given has not gone yet. */
function startAnswer() {
  const response = new ServerResponse(new IncomingMessage(new Socket()))
  const failed = vi.fn()
  response.on('error', failed)
  return { response, failed, write: vi.spyOn(response, 'write') }
}

it('a stream is told every 15 s that its server lives, until it has ended', () => {
  const pings = createPings()
  const [open, ended] = [startAnswer(), startAnswer()]
  for (const { response } of [open, ended]) pings.keepAwake(response)
  ended.response.end()
  vi.advanceTimersByTime(15_000)
  expect(open.write.mock.calls).toEqual([[': ping\n\n']])
  expect(ended.write).not.toHaveBeenCalled()
  vi.runAllTicks()
  expect(ended.failed).not.toHaveBeenCalled()
})

it('one timer serves all, and none is left when they are closed', () => {
  const pings = createPings()
  const answers = [startAnswer(), startAnswer()]
  for (const { response } of answers) pings.keepAwake(response)
  expect(vi.getTimerCount()).toBe(1)
  for (const { response } of answers) response.emit('close')
  expect(vi.getTimerCount()).toBe(0)
})
