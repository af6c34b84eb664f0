import { copyFile, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { dirname, join, relative } from 'node:path'

// Editors follow a declaration's map only to sources that are files, not to contents inside the map. In the
// workspace those are the real ones in their places; in a tarball they are copies under dist/sources.

/** Makes dist/ whole in itself. */
export async function leadToCopies(dist) {
  await rewriteMaps(dist, async (source) => {
    const place = join(dist, source)
    const copy = join(dist, 'sources', relative(join(dist, '../..'), place))
    await mkdir(dirname(copy), { recursive: true })
    await copyFile(place, copy)
    return relative(dist, copy)
  })
}

/** Undoes that. */
export async function leadToPlaces(dist) {
  await rewriteMaps(dist, async (source) => {
    return source.startsWith('sources/')
      ? relative(dist, join(dist, '../..', source.slice('sources/'.length)))
      : source
  })
  await rm(join(dist, 'sources'), { recursive: true, force: true })
}

async function rewriteMaps(dist, rewrite) {
  for (const file of await readdir(dist)) {
    if (!file.endsWith('.d.ts.map')) continue
    const map = JSON.parse(await readFile(join(dist, file), 'utf8'))
    const sources = await Promise.all(map.sources.map(rewrite))
    await writeFile(join(dist, file), JSON.stringify({ ...map, sources }))
  }
}
