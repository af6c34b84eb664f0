/**
 * Chance that comes out the same for the same seed (mulberry32).
 *
 * @param {number} seed
 */
export function createChance(seed) {
  let state = seed >>> 0

  /** From 0 up to 1. */
  function share() {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }

  const between = (low, high) => low + share() * (high - low)
  const whole = (low, high) => Math.floor(between(low, high + 1))
  const oneOf = (list) => list[whole(0, list.length - 1)]
  const shuffled = (list) =>
    list
      .map((item) => ({ item, place: share() }))
      .toSorted((a, b) => a.place - b.place)
      .map(({ item }) => item)
  return { share, between, whole, oneOf, shuffled }
}
