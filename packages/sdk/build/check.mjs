import { copyFile, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { runTsc } from './declarations.mjs'
import { isAllowed } from './javascript.mjs'

/**
 * Where the compiler could not follow a type it writes `any`, or tRPC makes `unknown` of it, and nobody says a word. So
 * the bundle is asked: it names no package but tRPC's, and no procedure has lost its input or output.
 */
export async function checkDeclarations(packageDir, work) {
  const files = await Promise.all(
    ['index', 'trpc'].map((name) => readFile(join(work, `out/${name}.d.ts`), 'utf8')),
  )
  const named = [...files.join('\n').matchAll(/(?:from |import\()\s*['"]([^'"]+)['"]/g)].map(
    (match) => match[1],
  )
  const strangers = named.filter((name) => !isAllowed(name))
  if (strangers.length > 0) throw new Error(`the SDK's declarations name ${strangers.join(', ')}`)

  await copyFile(join(packageDir, 'build/lost-types.ts'), join(work, 'lost-types.ts'))
  const lib = ['es2024', 'esnext.disposable', 'dom']
  const options = {
    target: 'es2024',
    lib,
    module: 'nodenext',
    types: [],
    strict: true,
    skipLibCheck: true,
    noEmit: true,
  }
  const project = { compilerOptions: options, files: ['lost-types.ts'] }
  await writeFile(join(work, 'tsconfig.json'), JSON.stringify(project))
  await runTsc(['-p', join(work, 'tsconfig.json')], packageDir)
}
