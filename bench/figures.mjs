import { availableParallelism, cpus, loadavg } from 'node:os'

/** What figures depend on. A load above 0 is somebody else's work on the same cores. */
export function machine() {
  const [load] = loadavg()
  return `${availableParallelism()} cores (${cpus()[0]?.model.trim()}), Node ${process.version}, load ${load?.toFixed(1)} before`
}

/** @param {number[]} values @param {number} share 0.99 for p99 */
export function quantile(values, share) {
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN
}

/** @param {number[]} values */
export const median = (values) => quantile(values, 0.5)

/** The median of several rounds, and how far they were apart. @param {number[]} values */
export function spread(values, digits = 0) {
  const [low, high] = [Math.min(...values), Math.max(...values)].map((value) => value.toFixed(digits))
  return `${median(values).toFixed(digits)} (${low}–${high})`
}
