import { existsSync, readFileSync } from 'node:fs'
import { relative } from 'node:path'
import { stripVTControlCharacters } from 'node:util'
import { root } from '../set-up/paths.mjs'

const messageLines = 12
const logLines = 60

/**
 * The tests of a vitest JSON report that failed, and the suites that could not be loaded: where each stands, what it is
 * called, and the beginning of what it said.
 *
 * @param {string} report
 * @returns {string[]}
 */
export function failuresIn(report) {
  if (!existsSync(report)) return [`${relative(root, report)} was not written`]
  const suites = JSON.parse(readFileSync(report, 'utf8')).testResults.filter(
    ({ status }) => status === 'failed',
  )
  return suites.flatMap(({ name, message, assertionResults }) => {
    const path = relative(root, name)
    const tests = assertionResults.filter(({ status }) => status === 'failed')
    if (tests.length === 0) return [`${path}\n${beginning(message)}`]
    return tests.map(
      ({ fullName, failureMessages }) => `${path}: ${fullName}\n${beginning(failureMessages.join('\n'))}`,
    )
  })
}

/** What a program printed last. */
export function endOf(log) {
  if (!existsSync(log)) return '  it printed nothing'
  return indented(linesOf(readFileSync(log, 'utf8').trimEnd()).slice(-logLines))
}

const beginning = (message) => indented(linesOf(message).slice(0, messageLines))
const linesOf = (text) => stripVTControlCharacters(text).split('\n')
const indented = (lines) => lines.map((line) => `  ${line.slice(0, 300)}`).join('\n')
