import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { root, toolsFolder } from './paths.mjs'
import { run } from './run.mjs'

const { packageManager } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))

/** The version that package.json pins. */
export const pnpmVersion = packageManager.slice(packageManager.lastIndexOf('@') + 1)

export const pnpmFolder = join(toolsFolder, `pnpm-${pnpmVersion}`)

/** The folder is a whole one or none: it gets its name when npm is done. */
export async function installPnpm(env) {
  if (existsSync(pnpmFolder)) return
  const draft = `${pnpmFolder}.${process.pid}`
  mkdirSync(draft, { recursive: true })
  writeFileSync(join(draft, 'package.json'), '{ "private": true }\n')
  const [program, ...args] = npm()
  const options = ['--include=optional', '--no-audit', '--no-fund', '--loglevel=error']
  const patience = ['--fetch-retries=2', '--fetch-retry-mintimeout=1000', '--fetch-retry-maxtimeout=5000']
  const install = ['install', ...options, ...patience, `pnpm@${pnpmVersion}`]
  const failing = `pnpm ${pnpmVersion} could not be installed.`
  try {
    await run(program, [...args, ...install], {
      env,
      cwd: draft,
      waiting: `installing pnpm ${pnpmVersion}`,
      failing,
    })
    renameSync(draft, pnpmFolder)
  } finally {
    rmSync(draft, { recursive: true, force: true })
  }
}

// The npm that runs us, when one does: the first on the path may be another.
function npm() {
  const script = process.env.npm_execpath ?? ''
  return script.endsWith('npm-cli.js') ? [process.execPath, script] : ['npm']
}
