import { watch as watchFolder } from 'node:fs'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { buildOnce, packageDir } from './build-once.mjs'

/** Builds now and after each change. A build that fails leaves the last good one in place. */
export async function watch() {
  let isStale = true
  let wake = () => {}
  for (const folder of ['../api/src', 'src']) {
    watchFolder(join(packageDir, folder), { recursive: true }, () => {
      isStale = true
      wake()
    })
  }
  for (;;) {
    if (!isStale) await new Promise((resolve) => (wake = resolve))
    // Editors write several files, or one in several steps.
    await setTimeout(50)
    isStale = false
    await buildOnce().catch((error) => console.error(error.message))
  }
}
