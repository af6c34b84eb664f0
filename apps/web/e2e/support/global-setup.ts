import { mkdir, writeFile } from 'node:fs/promises'
import { joinLocalPostgres } from '@tenon/local-postgres'
import { makeTestDataDir, startTestSystem } from '@tenon/server/testing'
import type { TestProject } from 'vitest/node'
import { launchChromium } from './launch-chromium.ts'

declare module 'vitest' {
  interface ProvidedContext {
    /** Where the system serves, its database and the browser listen; null where no browser can start. */
    stage: { url: string; database: string; browser: string } | null
  }
}

const reports = new URL('../../reports/', import.meta.url)

export default async function setUp({ provide }: TestProject) {
  const browser = await launchChromium().catch(skip)
  if (!browser) return provide('stage', null)
  // Also when the system does not start: a browser that is left keeps the run from ending.
  await using opened = new AsyncDisposableStack()
  opened.defer(() => browser.close())
  const dataDir = await makeTestDataDir()
  opened.defer(() => dataDir.remove())
  const system = await startTestSystem({ dataDir: dataDir.path })
  opened.defer(async () => void (await system.stop()))
  const database = await joinLocalPostgres(dataDir.path)
  provide('stage', { url: system.url, database: database?.url() ?? '', browser: browser.wsEndpoint() })
  const kept = opened.move()
  return () => kept.disposeAsync()
}

/** A machine without a browser can run everything else. Where nobody reads the output, that is a failure. */
async function skip(error: Error): Promise<undefined> {
  if (process.env['CI']) throw error
  await mkdir(reports, { recursive: true })
  await writeFile(new URL('browser-skipped.txt', reports), `${error.message}\n`)
}
