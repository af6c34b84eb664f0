import { execFile } from 'node:child_process'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'

export const tsc = join(dirname(createRequire(import.meta.url).resolve('typescript/package.json')), 'bin/tsc')

/** Checks a project; throws with the compiler's complaints. */
export async function check(
  folder: string,
  compiler: string,
  ...options: string[]
): Promise<{ instantiations: number }> {
  const args = [compiler, '-p', folder, '--extendedDiagnostics', ...options]
  const { stdout } = await promisify(execFile)(process.execPath, args).catch((error: { stdout: string }) => {
    throw new Error(`${options.join(' ')}\n${error.stdout}`)
  })
  return { instantiations: Number(/^Instantiations:\s+(\d+)/m.exec(stdout)?.[1]) }
}
