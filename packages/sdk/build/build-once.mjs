import { rmSync } from 'node:fs'
import { mkdir, mkdtemp } from 'node:fs/promises'
import { join } from 'node:path'
import { bundleDeclarations, emitDeclarations } from './declarations.mjs'
import { bundleJavaScript } from './javascript.mjs'
import { checkDeclarations } from './check.mjs'
import { placeFiles } from './place.mjs'

export const packageDir = join(import.meta.dirname, '..')

/** Builds aside and moves the files into place at the end, so that a reader of dist/ never meets a half of one. */
export async function buildOnce() {
  const startedAt = performance.now()
  const cache = join(packageDir, 'node_modules/.cache')
  await mkdir(cache, { recursive: true })
  const work = await mkdtemp(join(cache, 'build-'))
  const clean = () => rmSync(work, { recursive: true, force: true })
  process.once('exit', clean)
  try {
    await Promise.all([bundleJavaScript(packageDir, work), emitDeclarations(packageDir, work)])
    await bundleDeclarations(packageDir, work)
    await checkDeclarations(packageDir, work)
    await placeFiles(packageDir, work)
  } finally {
    clean()
    process.off('exit', clean)
  }
  console.log(`@tenon/sdk built in ${Math.round(performance.now() - startedAt)} ms`)
}
