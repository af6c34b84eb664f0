import { join } from 'node:path'
import { buildOnce } from './build/build-once.mjs'
import { leadToCopies, leadToPlaces } from './build/sources.mjs'
import { watch } from './build/watch.mjs'

// node build.mjs             builds dist/
// node build.mjs --watch     and again after each change of the API's sources or of these
// node build.mjs --portable  builds dist/ for a tarball, --local undoes what differs
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.once(signal, () => process.exit(0))

const dist = join(import.meta.dirname, 'dist')
const [mode] = process.argv.slice(2)
if (mode === '--watch') await watch()
else if (mode === '--local') await leadToPlaces(dist)
else await buildOnce()
if (mode === '--portable') await leadToCopies(dist)
