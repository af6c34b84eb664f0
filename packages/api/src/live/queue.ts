import type { Delivery } from './events.ts'
import type { LiveEvent } from './output.ts'

const maxEvents = 1_000
const maxBytes = 1_048_576

/** What a stream has to bring, until its reader takes it. */
export interface EventQueue {
  /** Whether there was room. */
  push(delivery: Delivery): boolean
  /** The next event, as soon as there is one; undefined when the queue was closed. For one reader. */
  take(): Promise<LiveEvent | undefined>
  /** Forgets what nobody took. */
  close(): void
  isClosed(): boolean
  /** Whether somebody waits for the next event: a reader that reads. */
  isAwaited(): boolean
}

export function createQueue(): EventQueue {
  let waiting: ((event: LiveEvent | undefined) => void) | undefined
  let deliveries: Delivery[] = []
  let bytes = 0
  let isClosed = false

  function answer(event: LiveEvent | undefined) {
    const resolve = waiting
    waiting = undefined
    resolve?.(event)
  }

  return {
    push(delivery) {
      if (isClosed) return true
      if (waiting) {
        answer(delivery.event)
        return true
      }
      bytes += delivery.bytes
      return deliveries.push(delivery) <= maxEvents && bytes <= maxBytes
    },
    async take() {
      const delivery = deliveries.shift()
      if (delivery) {
        bytes -= delivery.bytes
        return delivery.event
      }
      if (isClosed) return undefined
      return new Promise((resolve) => (waiting = resolve))
    },
    close() {
      isClosed = true
      deliveries = []
      answer(undefined)
    },
    isClosed: () => isClosed,
    isAwaited: () => waiting !== undefined,
  }
}
