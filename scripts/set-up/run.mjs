import { spawn } from 'node:child_process'
import { diagnose, say, SetUpError } from './messages.mjs'
import { root } from './paths.mjs'

/**
 * Runs a program in silence, with a line when it takes long; only its failure shows what it printed.
 *
 * @param {string} program
 * @param {string[]} args
 * @param {{ env: NodeJS.ProcessEnv, cwd?: string, waiting: string, failing: string }} options
 */
export async function run(program, args, { env, cwd = root, waiting, failing }) {
  const begin = Date.now()
  const notices = setInterval(
    () => say(`still ${waiting} (${Math.round((Date.now() - begin) / 1000)} s)`),
    10_000,
  )
  try {
    const { code, output } = await outcome(
      spawn(program, args, { cwd, env, stdio: ['ignore', 'pipe', 'pipe'] }),
    )
    if (code === 0) return
    process.stderr.write(output.split('\n').slice(-40).join('\n'))
    throw new SetUpError([failing, diagnose(output)].filter(Boolean).join(' '))
  } finally {
    clearInterval(notices)
  }
}

function outcome(child) {
  let output = ''
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (text) => (output += text))
  return new Promise((resolve) => {
    child.on('error', (error) => resolve({ code: 1, output: `${error.message}\n` }))
    child.on('close', (code) => resolve({ code, output }))
  })
}
