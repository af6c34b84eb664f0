// How the ledger of docs/security.md stands: `npm run pnpm -- exec node scripts/ledger.mjs`. Its tests are held against
// the reports of their last run; `npm test` does so after each run.
import { globSync } from 'node:fs'
import { join } from 'node:path'
import { root } from './set-up/paths.mjs'
import { judgeLedger } from './tests/ledger-check.mjs'
import { levels, readLedger, statuses } from './tests/ledger.mjs'

const lines = readLedger()
const folders = globSync('{apps,packages}/*', { cwd: root }).map((folder) => join(root, folder))

console.log(['', '1', '2', 'chapters', 'own'].map((cell) => cell.padEnd(10)).join(''))
for (const status of statuses) {
  const those = lines.filter((line) => line.status === status)
  const counts = levels.map((level) => those.filter((line) => line.level === level).length)
  console.log([status, ...counts].map((cell) => String(cell).padEnd(10)).join(''))
}
const complaints = judgeLedger(lines, folders)
for (const complaint of complaints) console.error(complaint)
process.exitCode = complaints.length > 0 ? 1 : 0
