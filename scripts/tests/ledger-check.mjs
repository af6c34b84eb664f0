import { existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { root } from '../set-up/paths.mjs'
import { ledgerFile } from './ledger.mjs'

/**
 * What is not true in the ledger, a sentence each. A line that is met names tests that ran and passed; one that asks for
 * a document links it.
 *
 * @param {import('./ledger.mjs').Line[]} lines
 * @param {string[]} folders of the packages whose tests ran; of what others hold nothing is said
 */
export function judgeLedger(lines, folders) {
  if (lines.length === 0) return ['there is no ledger']
  const reported = folders.filter((folder) => existsSync(reportOf(folder)))
  const ran = reported.flatMap(testsOf)
  const isSilent = (file) => !reported.some((folder) => join(root, file).startsWith(`${folder}/`))
  return [...repeated(lines), ...lines.flatMap((line) => judgeLine(line, ran, isSilent))]
}

function repeated(lines) {
  const numbers = lines.map(({ number }) => number)
  return numbers
    .filter((number, at) => numbers.indexOf(number) < at)
    .map((number) => `${number} is there twice`)
}

function judgeLine({ number, status, reason, tests, isWhole }, ran, isSilent) {
  if (!isWhole) return [`${number} is not written as a line of the ledger`]
  const complaints = tests.flatMap((test) => judgeTest(test, ran, isSilent))
  if (status === 'met' && tests.length === 0) complaints.push('is met, and names no test')
  if (status === 'written') complaints.push(...judgeLinks(reason))
  return complaints.map((complaint) => `${number} ${complaint}`)
}

function judgeTest({ file, title }, ran, isSilent) {
  if (!existsSync(join(root, file))) return [`names ${file}, which is not there`]
  if (isSilent(file)) return []
  const found = ran.filter((test) => test.path.endsWith(`/${file}`) && matches(title, test.title))
  if (found.length === 0) return [`names "${title}", which no test of ${file} is called`]
  const others = found.filter(({ status }) => status !== 'passed')
  return others.map((test) => `rests on "${test.title}" of ${file}: ${test.status}`)
}

function matches(pattern, title) {
  const parts = pattern.split('…').map((part) => part.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&'))
  return new RegExp(`^${parts.join('.*')}$`, 's').test(title)
}

function judgeLinks(reason) {
  const links = Array.from(reason.matchAll(/\]\(([^)]+)\)/g), ([, link]) => link)
  if (links.length === 0) return ['is written, and says not where']
  return links.filter((link) => !leads(link)).map((link) => `leads to ${link}, which is not there`)
}

function leads(link) {
  const [path, heading] = link.split('#')
  const file = path ? join(root, dirname(ledgerFile), path) : join(root, ledgerFile)
  return existsSync(file) && (!heading || anchorsOf(file).includes(heading))
}

function anchorsOf(file) {
  const headings = readFileSync(file, 'utf8').matchAll(/^#+ (.+)$/gm)
  return Array.from(headings, ([, text]) =>
    text
      .toLowerCase()
      .replace(/[^\w\- ]/g, '')
      .replaceAll(' ', '-'),
  )
}

const reportOf = (folder) => join(folder, 'reports/vitest.json')

/** The tests of a package's last run. */
function testsOf(folder) {
  const { testResults } = JSON.parse(readFileSync(reportOf(folder), 'utf8'))
  return testResults.flatMap(({ name: path, assertionResults }) =>
    assertionResults.map(({ ancestorTitles, title, status }) => {
      return { path, title: [...ancestorTitles, title].join(' › '), status }
    }),
  )
}
