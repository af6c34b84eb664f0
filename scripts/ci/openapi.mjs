// Lints the document as the program prints it. The linter lives apart, in tools/openapi.
import { execFileSync } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { makeEnvironment } from '../set-up/environment.mjs'
import { root } from '../set-up/paths.mjs'

const tool = join(root, 'tools/openapi')
const file = join(root, 'reports/openapi.json')

const document = execFileSync('npm', ['run', '--silent', 'cli', '--', 'openapi'], {
  cwd: root,
  maxBuffer: 32 * 1024 ** 2,
  stdio: ['ignore', 'pipe', 'inherit'],
})
mkdirSync(join(root, 'reports'), { recursive: true })
writeFileSync(file, document)
execFileSync('npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error'], { cwd: tool, stdio: 'inherit' })
execFileSync(join(tool, 'node_modules/.bin/redocly'), ['lint', file], {
  cwd: tool,
  env: { ...makeEnvironment(), REDOCLY_TELEMETRY: 'off', REDOCLY_SUPPRESS_UPDATE_NOTICE: 'true' },
  stdio: 'inherit',
})
