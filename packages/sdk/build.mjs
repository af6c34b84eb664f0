import { buildOnce } from './build/build-once.mjs'
import { watch } from './build/watch.mjs'

// node build.mjs             dist/ for this workspace: the maps lead to the sources in their places
// node build.mjs --portable  dist/ for a tarball: with copies of the sources that the maps lead to
// node build.mjs --watch     again after each change of the API's sources or of these
const options = { isPortable: process.argv.includes('--portable') }
if (process.argv.includes('--watch')) await watch(options)
else await buildOnce(options)
