import { readFileSync } from 'node:fs'
import type { HtmlTagDescriptor, Plugin } from 'vite'

/**
 * Puts `src/theme.js` into the head as a classic script: it runs before the first paint, so that a dark page never
 * flashes light, and as a hashed file of its own, so that the policy needs no `unsafe-inline`.
 */
export function themeScript(): Plugin {
  let built: string | undefined

  return {
    name: 'tenon:theme-script',
    buildStart() {
      if (this.meta.watchMode) return
      const source = readFileSync(new URL('../src/theme.js', import.meta.url), 'utf8')
      built = this.emitFile({ type: 'asset', name: 'theme.js', originalFileName: 'src/theme.js', source })
    },
    transformIndexHtml: {
      order: 'post',
      handler: (_html, { bundle }) => [scriptTag(bundle ? `/${fileOf(bundle)}` : '/src/theme.js')],
    },
  }

  function fileOf(bundle: object): string {
    const file = Object.keys(bundle).find((name) => /\/theme-[^/]+\.js$/.test(name))
    if (!built || !file) throw new Error('theme.js is not in the bundle')
    return file
  }
}

const scriptTag = (src: string): HtmlTagDescriptor => ({
  tag: 'script',
  attrs: { src },
  injectTo: 'head-prepend',
})
