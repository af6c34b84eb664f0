import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { rolldown } from 'rolldown'
import { entries, entriesApart } from './entries.mjs'

const parser = 'eventsource-parser'

/** Of the API some lists of names are left, and `@trpc/*` and the parser of streams are imported; nothing else may be. */
export async function bundleJavaScript(packageDir, work) {
  const bundle = await rolldown({
    input: entries(join(packageDir, 'src'), '.ts'),
    cwd: packageDir,
    platform: 'neutral',
    external: /^[^./]/,
    transform: { target: 'es2022' },
    checks: { pluginTimings: false },
    plugins: [
      entriesApart,
      valueAlone(join(packageDir, '../api/src/features/index.ts'), 'procedureErrors'),
      valueAlone(join(packageDir, 'src/idempotent-procedures.ts'), 'idempotentProcedures'),
    ],
  })
  const { output } = await bundle.write({ dir: join(work, 'out'), format: 'es', sourcemap: true })
  await bundle.close()
  const strangers = output
    .flatMap((file) => file.imports ?? [])
    .filter((name) => !isAllowed(name) && name !== parser)
  if (strangers.length > 0) throw new Error(`the SDK's JavaScript imports ${strangers.join(', ')}`)
}

export const isAllowed = (name) => name.startsWith('@trpc/') || name === './index.js'

/**
 * Puts the value of an export in the place of the module that makes it up: that one imports the procedures, which import
 * the whole server, and no bundler dares to shake those off. Read in a process of its own, so that watching sees the
 * present value.
 */
function valueAlone(module, name) {
  const print = `import { ${name} } from ${JSON.stringify(module)}; process.stdout.write(JSON.stringify(${name}))`
  return {
    name: `${name}-alone`,
    load: {
      filter: { id: module },
      async handler() {
        const { stdout } = await promisify(execFile)(process.execPath, [
          '--input-type=module',
          '--eval',
          print,
        ])
        return `export const ${name} = ${stdout}`
      },
    },
  }
}
