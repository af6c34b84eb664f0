import { loadavg } from 'node:os'
import { createClient } from '../../packages/sdk/src/index.ts'
import { openReader } from './reader.mjs'

/**
 * One message after the other is sent through a server to somebody who reads on another.
 *
 * @returns of each, how many milliseconds after its call began, and after its answer, it was there; and how busy the
 * machine was with all that runs on it
 */
export async function measureLatency({ from, to, people: { ada, root }, messages, signal }) {
  await using opened = new AsyncDisposableStack()
  const reader = openReader(createClient({ url: to, token: ada.token }), ['notifications'], opened)
  const arrived = () => reader.events.filter(({ data }) => data.kind === 'admin.message')
  const sender = createClient({ url: from, token: root.token })
  await reader.until(() => reader.state === 'live', signal)
  const [sinceCall, sinceAnswer] = [[], []]
  for (let number = 1; number <= messages; number++) {
    const calledAt = performance.now()
    const input = { to: { userId: ada.id }, subject: `Message ${number}`, message: 'Hello' }
    await sender.notifications.send.mutate(input, { signal })
    const answeredAt = performance.now()
    await reader.until(() => arrived().length >= number, signal)
    const { arrivedAt } = arrived()[number - 1]
    sinceCall.push(arrivedAt - calledAt)
    sinceAnswer.push(arrivedAt - answeredAt)
  }
  return { sinceCall, sinceAnswer, arrived: arrived().length, load: loadavg()[0] }
}
