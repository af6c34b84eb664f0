import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { onTestFinished } from 'vitest'

const folder = new URL('../../../../faults/', import.meta.url)

/** `npm run faults -- <args>`, as a process: its exit code, and what it printed. */
export async function runFaults(...args: string[]): Promise<{ code: number | null; output: string }> {
  const endsWithUs = new URL('ends-with-us.mjs', folder).href
  const program = fileURLToPath(new URL('faults.mjs', folder))
  const child = spawn(process.execPath, ['--import', endsWithUs, program, ...args], { stdio: 'pipe' })
  const exited = once(child, 'exit')
  onTestFinished(async () => {
    child.kill('SIGINT')
    await exited
  })
  let output = ''
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (data: Buffer) => (output += data.toString()))
  await once(child, 'close')
  return { code: child.exitCode, output }
}
