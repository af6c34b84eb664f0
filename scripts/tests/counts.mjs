import { existsSync, readFileSync } from 'node:fs'

/** @typedef {{ passed: number, failed: number, skipped: number }} Counts */

/**
 * The counts of a vitest JSON report. A suite that could not be loaded is a failure, and so is a run that
 * failed without a failing test, or ended without a report.
 *
 * @param {string} file
 * @param {boolean} runPassed how the run itself ended
 * @returns {Counts}
 */
export function countTests(file, runPassed) {
  if (!existsSync(file)) return { passed: 0, failed: 1, skipped: 0 }
  const report = JSON.parse(readFileSync(file, 'utf8'))
  const brokenSuites = report.testResults.filter(
    ({ status, assertionResults }) =>
      status === 'failed' && !assertionResults.some((test) => test.status === 'failed'),
  )
  const failed = report.numFailedTests + brokenSuites.length
  return {
    passed: report.numPassedTests,
    failed: failed || (runPassed ? 0 : 1),
    skipped: report.numPendingTests + report.numTodoTests,
  }
}

/** @param {Counts[]} all */
export function sum(all) {
  const add = (key) => all.reduce((total, counts) => total + counts[key], 0)
  return { passed: add('passed'), failed: add('failed'), skipped: add('skipped') }
}

/** The line that ends every run of tests, and that programs read. */
export function totalLine({ passed, failed, skipped }) {
  return `${passed} passed, ${failed} failed, ${skipped} skipped`
}
