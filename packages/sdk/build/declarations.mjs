import { execFile } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { rolldown } from 'rolldown'
import { dts } from 'rolldown-plugin-dts'
import { entries, entriesApart } from './entries.mjs'

const run = promisify(execFile)
const tsc = join(dirname(createRequire(import.meta.url).resolve('typescript/package.json')), 'bin/tsc')

/**
 * Runs the compiler, whose complaints are on stdout. On one thread: with several, each works the API's types out for
 * itself, which took three times the instantiations and twice the CPU.
 */
export async function runTsc(args, cwd) {
  try {
    await run(process.execPath, [tsc, '--singleThreaded', ...args], { cwd })
  } catch (error) {
    throw new Error(`tsc ${args.join(' ')}\n${error.stdout || error.message}`, { cause: error })
  }
}

/** One declaration, with its map, for every source that the SDK's types reach. Types are checked elsewhere. */
export function emitDeclarations(packageDir, work) {
  return runTsc(['-p', 'tsconfig.build.json', '--outDir', join(work, 'types')], packageDir)
}

/** One file of what is used of them: the running router and all that it drags along are shaken off. */
export async function bundleDeclarations(packageDir, work) {
  const bundle = await rolldown({
    input: entries(join(work, 'types/sdk/src'), '.d.ts'),
    cwd: packageDir,
    external: /^[^./]/,
    plugins: [
      entriesApart,
      metadataApart(join(work, 'types/api/src/meta.d.ts')),
      mapsOfCompiler,
      dts({ dtsInput: true, generator: 'oxc', tsconfig: false, sourcemap: true }),
    ],
  })
  await bundle.write({ dir: join(work, 'out'), format: 'es', sourcemap: true })
  await bundle.close()
}

/** What the server keeps on a procedure names its schemas' library, and is no business of a client's. */
const metadataApart = (file) => ({
  name: 'metadata-apart',
  load: {
    filter: { id: file },
    handler: () => ({ code: 'export interface Meta {}', map: { mappings: '' } }),
  },
})

/** Hands on the compiler's own maps, so that the bundle's lead to the sources and not to its declarations. */
const mapsOfCompiler = {
  name: 'maps-of-compiler',
  load: {
    filter: { id: /\.d\.ts$/ },
    async handler(id) {
      return { code: await readFile(id, 'utf8'), map: await readFile(`${id}.map`, 'utf8') }
    },
  },
}
