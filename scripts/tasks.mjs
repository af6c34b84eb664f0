import { spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { buildWhatIsServed } from './build.mjs'
import { becomeChild } from './child.mjs'
import { makeEnvironment } from './set-up/environment.mjs'
import { say, SetUpError } from './set-up/messages.mjs'
import { root } from './set-up/paths.mjs'
import { setUp } from './set-up/set-up.mjs'

const tasks = {
  /** No package manager stands between the caller and the server, so that signals reach it. */
  start: async (tools, args) => {
    await buildWhatIsServed(tools)
    return [tools.node, 'apps/server/src/main.ts', ...args]
  },
  dev: async (tools, args) => {
    await buildWhatIsServed(tools)
    return [tools.node, 'scripts/dev.mjs', ...args]
  },
  test: ({ node }, args) => [node, 'scripts/test.mjs', ...args],
  check: ({ node }, args) => [node, 'scripts/check.mjs', ...args],
  cli: ({ node }, args) => [node, 'apps/server/src/cli.ts', ...args],
}

/** @param {string[]} argv the task's name and its arguments */
export async function runTask([name = '', ...args]) {
  if (!Object.hasOwn(tasks, name)) return usage(name)
  try {
    const tools = await setUp(makeEnvironment())
    const [program, ...programArgs] = await tasks[name](tools, args)
    becomeChild(spawn(program, programArgs, { cwd: root, env: tools.env, stdio: 'inherit' }))
  } catch (error) {
    if (!(error instanceof SetUpError)) throw error
    say(error.message)
    process.exitCode = 1
  }
}

function usage(name) {
  const { scripts } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'))
  const commands = Object.keys(scripts).filter((script) => Object.hasOwn(tasks, script))
  say(
    `${name ? `there is no task "${name}"` : 'no task given'}. There are: npm run ${commands.join(', npm run ')}`,
  )
  process.exitCode = 2
}
