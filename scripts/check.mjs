// Lint, types and format. All of them run, so that one look shows everything.
import { spawnSync } from 'node:child_process'
import { root } from './set-up/paths.mjs'

const checks = [
  ['turbo', 'run', 'lint', 'typecheck', '--continue', '--output-logs=new-only', ...process.argv.slice(2)],
  ['oxfmt', '--check'],
]
const failed = checks.filter(([program, ...args]) => {
  return spawnSync(program, args, { cwd: root, stdio: 'inherit' }).status !== 0
})
if (failed.length > 0) console.error(`\nTenon: failed: ${failed.map(([program]) => program).join(', ')}`)
process.exitCode = failed.length > 0 ? 1 : 0
