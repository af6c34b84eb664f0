// The licences of what production runs, as installed on this machine: `node scripts/licences.mjs`. It ends with 1 where
// one is not in the list of those that may be used as they are.
import { execFileSync } from 'node:child_process'
import { makeEnvironment } from './set-up/environment.mjs'
import { root } from './set-up/paths.mjs'

const fit = [
  '0BSD',
  'Apache-2.0',
  'BlueOak-1.0.0',
  'BSD-2-Clause',
  'BSD-3-Clause',
  'ISC',
  'MIT',
  'MIT-0',
  'OFL-1.1',
  'Python-2.0',
  'Unlicense',
]

const output = execFileSync('pnpm', ['-r', 'licenses', 'list', '--prod', '--json'], {
  cwd: root,
  env: makeEnvironment(),
  maxBuffer: 2 ** 26,
})
const byLicence = Object.entries(JSON.parse(output)).toSorted(([, a], [, b]) => b.length - a.length)

for (const [licence, packages] of byLicence) {
  console.log(`${licence}: ${packages.length}`)
  if (licence !== 'MIT') console.log(`  ${packages.map(({ name }) => name).join(', ')}`)
}
const unfit = byLicence.filter(([licence]) => !mayBeUsed(licence))
for (const [licence] of unfit) console.error(`not known to be fit for use: ${licence}`)
process.exitCode = unfit.length > 0 ? 1 : 0

/** Of several to choose from, one is enough. */
function mayBeUsed(licence) {
  return licence
    .replace(/^\((.*)\)$/, '$1')
    .split(' OR ')
    .some((choice) => fit.includes(choice))
}
