import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { rolldown } from 'rolldown'
import { entries, entriesApart } from './entries.mjs'

/** Of the API two lists of error codes are left, and `@trpc/*` is imported; nothing else may be. */
export async function bundleJavaScript(packageDir, work) {
  const bundle = await rolldown({
    input: entries(join(packageDir, 'src'), '.ts'),
    cwd: packageDir,
    platform: 'neutral',
    external: /^[^./]/,
    transform: { target: 'es2022' },
    checks: { pluginTimings: false },
    plugins: [entriesApart, errorListsAlone(join(packageDir, '../api/src/features/index.ts'))],
  })
  const { output } = await bundle.write({ dir: join(work, 'out'), format: 'es', sourcemap: true })
  await bundle.close()
  const strangers = output.flatMap((file) => file.imports ?? []).filter((name) => !isAllowed(name))
  if (strangers.length > 0) throw new Error(`the SDK's JavaScript imports ${strangers.join(', ')}`)
}

export const isAllowed = (name) => name.startsWith('@trpc/') || name === './index.js'

/**
 * Puts the value of `procedureErrors` in the place of the module that collects it: beside the lists stand the
 * procedures, which import the whole server, and no bundler dares to shake those off. Read in a process of its own,
 * so that watching sees the present value.
 */
function errorListsAlone(features) {
  const print = `import { procedureErrors } from ${JSON.stringify(features)}; process.stdout.write(JSON.stringify(procedureErrors))`
  return {
    name: 'error-lists-alone',
    load: {
      filter: { id: features },
      async handler() {
        const { stdout } = await promisify(execFile)(process.execPath, [
          '--input-type=module',
          '--eval',
          print,
        ])
        return `export const procedureErrors = ${stdout}`
      },
    },
  }
}
