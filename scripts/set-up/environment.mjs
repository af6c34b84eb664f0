import { accessSync, constants, mkdirSync } from 'node:fs'
import { homedir } from 'node:os'
import { delimiter, join } from 'node:path'
import { root, toolsFolder } from './paths.mjs'
import { pnpmFolder } from './pnpm.mjs'

/** What every child sees: ours first on the path, a HOME that can be written, and nothing of npm's own run. */
export function makeEnvironment() {
  const home = writableHome()
  const isForeign = home === process.env.HOME ? npmRun : npmRunAndHome
  const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !isForeign.test(name)))
  const path = [
    join(root, 'node_modules', '.bin'),
    join(pnpmFolder, 'node_modules', '.bin'),
    process.env.PATH,
  ]
  return {
    ...env,
    PATH: path.filter(Boolean).join(delimiter),
    HOME: home,
    TURBO_TELEMETRY_DISABLED: '1',
    TURBO_NO_UPDATE_NOTIFIER: '1',
  }
}

// npm tells its children about its run by variables, which pnpm would take for settings.
const npmRun =
  /^(INIT_CWD|npm_(package|lifecycle|execpath|node_execpath|command)\w*|npm_config_(loglevel|user_agent|local_prefix))$/i
const npmRunAndHome = new RegExp(`${npmRun.source}|^npm_config_(cache|userconfig)$`, 'i')

// Package managers keep their stores under HOME, and fail without one.
function writableHome() {
  const own = join(toolsFolder, 'home')
  return isWritable(homedir()) ? homedir() : own
}

function isWritable(folder) {
  try {
    mkdirSync(folder, { recursive: true })
    accessSync(folder, constants.W_OK)
    return true
  } catch {
    return false
  }
}
