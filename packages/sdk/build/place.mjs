import { copyFile, mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { dirname, join, relative, resolve } from 'node:path'

/** Puts what was built into dist/. What did not change is left alone: watchers take no notice of it. */
export async function placeFiles(packageDir, work, { isPortable }) {
  const dist = join(packageDir, 'dist')
  await mkdir(dist, { recursive: true })
  await rm(join(dist, 'sources'), { recursive: true, force: true })
  for (const file of await readdir(join(work, 'out'))) {
    const built = await readFile(join(work, 'out', file), 'utf8')
    await replace(
      join(dist, file),
      file.endsWith('.d.ts.map') ? await leadToSources(built, packageDir, work, isPortable) : built,
    )
  }
}

/**
 * Editors follow a declaration's map only to sources that are files, not to contents inside the map. In the
 * workspace those are the real ones; in a tarball they are copies under dist/sources.
 */
async function leadToSources(text, packageDir, work, isPortable) {
  const map = JSON.parse(text)
  delete map.sourcesContent
  const dist = join(packageDir, 'dist')
  const sources = map.sources.map((source) => resolve(work, 'out', source))
  if (!isPortable) return JSON.stringify({ ...map, sources: sources.map((source) => relative(dist, source)) })

  const copies = sources.map((source) => join(dist, 'sources', relative(dirname(packageDir), source)))
  for (const [index, copy] of copies.entries()) {
    await mkdir(dirname(copy), { recursive: true })
    await copyFile(sources[index], copy)
  }
  return JSON.stringify({ ...map, sources: copies.map((copy) => relative(dist, copy)) })
}

async function replace(file, text) {
  const present = await readFile(file, 'utf8').catch(() => undefined)
  if (present === text) return
  await writeFile(`${file}.new`, text)
  await rename(`${file}.new`, file)
}
