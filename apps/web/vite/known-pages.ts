import { readFileSync } from 'node:fs'
import type { Plugin } from 'vite'

/**
 * Writes `dist/routes.json`, the patterns of the pages there are: `["/", "/posts/$id", …]`, where `$…` stands for one
 * segment. The server answers them with 200 and everything else with 404, both with `index.html`.
 */
export function knownPages(routeTree: URL): Plugin {
  return {
    name: 'tenon:known-pages',
    apply: 'build',
    generateBundle() {
      const source = JSON.stringify(pagesOf(readFileSync(routeTree, 'utf8')))
      this.emitFile({ type: 'asset', fileName: 'routes.json', source })
    },
  }
}

/** The generated tree lists every address that can be navigated to as the type `to`. */
function pagesOf(generatedTree: string): string[] {
  const addresses = /^ {2}to:\s([^:]*?)^ {2}\w+:/m.exec(generatedTree)?.[1] ?? ''
  const pages = Array.from(addresses.matchAll(/'([^']+)'/g), ([, page]) => page ?? '')
  if (!pages.includes('/')) throw new Error('the generated route tree has another form than expected')
  return pages.sort()
}
