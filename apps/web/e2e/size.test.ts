import { readFileSync } from 'node:fs'
import { gzipSync } from 'node:zlib'
import { expect, test } from 'vitest'

const dist = new URL('../dist/', import.meta.url)
const read = (path: string) => readFileSync(new URL(`.${path}`, dist))

test('what must arrive before the first page shows stays small, and holds no validation library', () => {
  const html = readFileSync(new URL('index.html', dist), 'utf8')
  const scripts = Array.from(html.matchAll(/"(\/assets\/[^"]+\.js)"/g), ([, path]) => read(path ?? ''))
  const kilobytes = scripts.reduce((sum, script) => sum + gzipSync(script).length, 0) / 1000
  expect(scripts.length).toBeGreaterThan(2)
  expect(kilobytes).toBeLessThan(138)
  expect(scripts.join()).not.toContain('ZodError')
  // The stream and what is shown of it begin when the page is painted.
  expect(scripts.join()).not.toContain('BroadcastChannel')
})
