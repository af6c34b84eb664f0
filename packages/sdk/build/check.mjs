import { copyFile, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { runTsc } from './declarations.mjs'
import { isAllowed } from './javascript.mjs'

/**
 * The compiler writes `any` where it could not follow a type, and says nothing. So the bundle is asked: it names no
 * package but tRPC's, and no input or output in it is, or holds, an `any`.
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

  await copyFile(join(packageDir, 'build/no-any.ts'), join(work, 'no-any.ts'))
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
  const project = { compilerOptions: options, files: ['no-any.ts'] }
  await writeFile(join(work, 'tsconfig.json'), JSON.stringify(project))
  await runTsc(['-p', join(work, 'tsconfig.json')], packageDir)
}
