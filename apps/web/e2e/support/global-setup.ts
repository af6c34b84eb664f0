import { mkdir, writeFile } from 'node:fs/promises'
import { startTestSystem } from '@tenon/server/testing'
import type { TestProject } from 'vitest/node'
import { launchChromium } from './launch-chromium.ts'

declare module 'vitest' {
  interface ProvidedContext {
    /** Where the system serves and the browser listens; null where no browser can start. */
    stage: { url: string; browser: string } | null
  }
}

const reports = new URL('../../reports/', import.meta.url)

export default async function setUp({ provide }: TestProject) {
  const browser = await launchChromium().catch(skip)
  if (!browser) return provide('stage', null)
  const system = await startTestSystem()
  provide('stage', { url: system.url, browser: browser.wsEndpoint() })
  return async () => {
    await browser.close()
    await system.stop()
  }
}

/** A machine without a browser can run everything else. Where nobody reads the output, that is a failure. */
async function skip(error: Error): Promise<undefined> {
  if (process.env['CI']) throw error
  await mkdir(reports, { recursive: true })
  await writeFile(new URL('browser-skipped.txt', reports), `${error.message}\n`)
}
