import { getEventListeners } from 'node:events'
import { expect, test } from 'vitest'
import { connect } from './connection.ts'

const signs = { onOpen() {}, onRetry() {}, onPing() {} }

test('a connection leaves no listener behind, so that a stream may have any number of them', async () => {
  const { signal } = new AbortController()
  const headers = { 'content-type': 'text/event-stream' }
  const served = connect(async () => new Response('data: {}\n\n', { headers }), signal, signs)
  for await (const { data } of served) expect(data).toBe('{}')
  const refused = connect(async () => new Response('', { status: 403 }), signal, signs)
  await expect(refused.next()).rejects.toMatchObject({ code: 'FORBIDDEN' })
  expect(getEventListeners(signal, 'abort')).toEqual([])
})
