// How the ledger of docs/security.md stands: `node scripts/ledger.mjs`. Its tests are held against the reports of their
// last run; `npm test` does so after each run.
import { globSync } from 'node:fs'
import { join } from 'node:path'
import { root } from './set-up/paths.mjs'
import { judgeLedger } from './tests/ledger-check.mjs'
import { readLedger, statuses } from './tests/ledger.mjs'

const lines = readLedger()
const folders = globSync('{apps,packages}/*', { cwd: root }).map((folder) => join(root, folder))

for (const status of statuses) {
  const levels = ['1', '2'].map((level) =>
    lines.filter((line) => line.status === status && line.level === level),
  )
  console.log(`${status.padEnd(9)} level 1: ${levels[0].length}, level 2: ${levels[1].length}`)
}
const complaints = judgeLedger(lines, folders)
for (const complaint of complaints) console.error(complaint)
process.exitCode = complaints.length > 0 ? 1 : 0
