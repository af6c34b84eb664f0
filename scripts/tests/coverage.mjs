import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

export const wantedLines = 90

/** Per cent of the lines that a package's tests ran; undefined when they did not count. */
export function coveredLines(folder) {
  const file = join(folder, 'reports/coverage/coverage-summary.json')
  if (!existsSync(file)) return undefined
  return JSON.parse(readFileSync(file, 'utf8')).total.lines.pct
}
