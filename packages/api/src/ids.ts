import { v7 } from 'uuid'

/** A UUIDv7: unique, and in the order of creation, so lists page by it. */
export const newId = (): string => v7()

/** The lowest id of that moment and those after it: what was made from then on is found by its id. */
export function firstIdAt(time: string, offsetMs = 0): string {
  const msecs = Math.max(0, Date.parse(time) + offsetMs)
  return v7({ msecs, seq: 0, random: new Uint8Array(16) })
}
