import { spawn } from 'node:child_process'
import { diagnose, say, SetUpError } from './messages.mjs'
import { root } from './paths.mjs'

/**
 * Runs a program in silence, with a line now and then when it takes long; only its failure shows what it printed.
 *
 * @param {string} program
 * @param {string[]} args
 * @param {{ env: NodeJS.ProcessEnv, cwd?: string, waiting: string, failing: string }} options
 */
export async function run(program, args, { env, cwd = root, waiting, failing }) {
  const begin = Date.now()
  const first = setTimeout(() => say(`${waiting} …`), 500)
  const more = setInterval(() => say(`${waiting} … ${Math.round((Date.now() - begin) / 1000)} s`), 10_000)
  const child = spawn(program, args, { cwd, env, stdio: ['ignore', 'pipe', 'pipe'] })
  const release = endWith(child)
  try {
    const { code, output } = await outcome(child)
    if (code === 0) return
    const reason = diagnose(output)
    process.stderr.write(
      output
        .split('\n')
        .slice(reason ? -10 : -40)
        .join('\n'),
    )
    throw new SetUpError(reason ? `${failing} ${reason}` : failing)
  } finally {
    clearTimeout(first)
    clearInterval(more)
    release()
  }
}

/** A signal while the child works ends both; what is half done is done again by the next run. */
function endWith(child) {
  const signals = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129 }
  const removals = Object.entries(signals).map(([signal, code]) => {
    const listener = () => {
      child.kill(signal)
      process.exit(code)
    }
    process.on(signal, listener)
    return () => process.removeListener(signal, listener)
  })
  return () => removals.forEach((remove) => remove())
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
