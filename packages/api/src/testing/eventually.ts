import { vi } from 'vitest'

/** Facts come late on a busy machine, but they come. */
export const eventually = <T>(assertion: () => T) => vi.waitFor(assertion, { timeout: 60_000, interval: 10 })
