import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { root } from '../set-up/paths.mjs'

export const ledgerFile = 'docs/security.md'

export const statuses = ['met', 'written', 'partly', 'untested', 'not yet', 'left out', 'operator', 'n/a']

/** How the documents shorten the paths of tests. */
const places = {
  'api/': 'packages/api/src/',
  'server/': 'apps/server/src/',
  'sdk/': 'packages/sdk/',
  'web/': 'apps/web/',
}

/**
 * A test; `…` in its title stands for any text.
 *
 * @typedef {{ file: string, title: string }} Evidence
 */

/** @typedef {{ number: string, level: string, status: string, reason: string, tests: Evidence[], isWhole: boolean }} Line */

/** Of ASVS; the last is for promises of our own. */
export const levels = ['1', '2', '1 and 2', '–']

/**
 * The lines of the ledger: `| number | level | what it asks | status | reason |`.
 *
 * @returns {Line[]}
 */
export function readLedger() {
  const file = join(root, ledgerFile)
  if (!existsSync(file)) return []
  return readFileSync(file, 'utf8').split('\n').filter(isNumbered).map(toLine)
}

const isNumbered = (row) => /^\| *(\d+\.\d+\.\d+|T\d+)/.test(row)

function toLine(row) {
  const [, number, level, , status, reason = '', ...rest] = row.split('|').map((cell) => cell.trim())
  const tests = testsIn(reason)
  const isWhole =
    rest.length === 1 &&
    levels.includes(level) &&
    statuses.includes(status) &&
    reason.split('.test.ts').length === tests.length + 1
  return { number, level, status, reason, tests, isWhole }
}

function testsIn(reason) {
  return Array.from(reason.matchAll(/`(\w+\/)([^` ]+) › ([^`]+)`/g), ([, place, path, title]) => {
    return { file: (places[place] ?? place) + path, title }
  })
}
