import { spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { buildWhatIsServed } from './build.mjs'
import { becomeChild } from './child.mjs'
import { makeEnvironment } from './set-up/environment.mjs'
import { say, SetUpError } from './set-up/messages.mjs'
import { root } from './set-up/paths.mjs'
import { installPnpm } from './set-up/pnpm.mjs'
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
  bench: ({ node }, args) => [node, 'bench/bench.mjs', ...args],
  faults: ({ node }, args) => [node, 'faults/faults.mjs', ...args],
  cli: ({ node }, args) => [node, 'apps/server/src/cli.ts', ...args],
}

/** Tasks that change what is to be installed, so that nothing can be installed before. */
const bareTasks = {
  pnpm: async (args) => {
    const env = makeEnvironment()
    await installPnpm(env)
    return { program: 'pnpm', args, env }
  },
}

/** @param {string[]} argv the task's name and its arguments */
export async function runTask([name = '', ...given]) {
  // npm takes the `--` before a task's arguments away, pnpm passes it on.
  const args = given[0] === '--' ? given.slice(1) : given
  try {
    const command = await commandOf(name, args)
    if (!command) return usage(name)
    becomeChild(spawn(command.program, command.args, { cwd: root, env: command.env, stdio: 'inherit' }))
  } catch (error) {
    if (!(error instanceof SetUpError)) throw error
    say(error.message)
    process.exitCode = 1
  }
}

async function commandOf(name, given) {
  if (Object.hasOwn(bareTasks, name)) return bareTasks[name](given)
  if (!Object.hasOwn(tasks, name)) return undefined
  const tools = await setUp(makeEnvironment())
  const [program, ...args] = await tasks[name](tools, given)
  return { program, args, env: tools.env }
}

function usage(name) {
  const { scripts } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'))
  const commands = Object.keys(scripts).filter((script) => Object.hasOwn({ ...tasks, ...bareTasks }, script))
  say(
    `${name ? `there is no task "${name}"` : 'no task given'}. There are: npm run ${commands.join(', npm run ')}`,
  )
  process.exitCode = 2
}
