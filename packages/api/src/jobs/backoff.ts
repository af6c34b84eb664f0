/** Seconds from a failed attempt, the first is 1, to the next. */
export type Backoff = (attempt: number) => number

/**
 * Each wait is `factor` times the one before, up to a day.
 * @example exponential(60, 2) // 60, 120, 240 …
 */
export const exponential =
  (seconds: number, factor: number): Backoff =>
  (attempt) =>
    Math.min(longest, seconds * factor ** (attempt - 1))

/** @example linear(30) // 30, 60, 90 … */
export const linear =
  (seconds: number): Backoff =>
  (attempt) =>
    Math.min(longest, seconds * attempt)

/** @example constant(10) // 10, 10, 10 … */
export const constant =
  (seconds: number): Backoff =>
  () =>
    seconds

const longest = 24 * 60 * 60
