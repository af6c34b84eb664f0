import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { join, relative, resolve } from 'node:path'

/** Puts what was built into dist/. What did not change is left alone: watchers take no notice of it. */
export async function placeFiles(packageDir, work) {
  const dist = join(packageDir, 'dist')
  const out = join(work, 'out')
  await mkdir(dist, { recursive: true })
  await rm(join(dist, 'sources'), { recursive: true, force: true })
  for (const file of await readdir(out)) {
    const built = await readFile(join(out, file), 'utf8')
    await replace(join(dist, file), file.endsWith('.map') ? moved(built, out, dist, file) : built)
  }
}

/** A map as it reads from another folder. A declaration's holds no contents: with some, editors would ignore it. */
function moved(text, from, to, file) {
  const { sourcesContent, ...map } = JSON.parse(text)
  const sources = map.sources.map((source) => relative(to, resolve(from, source)))
  return JSON.stringify({ ...map, sources, ...(!file.endsWith('.d.ts.map') && { sourcesContent }) })
}

async function replace(file, text) {
  const present = await readFile(file, 'utf8').catch(() => undefined)
  if (present === text) return
  await writeFile(`${file}.new`, text)
  await rename(`${file}.new`, file)
}
