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
  const dataDir = await makeTestDataDir()
  const system = await startTestSystem({ dataDir: dataDir.path })
  const database = await joinLocalPostgres(dataDir.path)
  provide('stage', { url: system.url, database: database?.url() ?? '', browser: browser.wsEndpoint() })
  return async () => {
    await browser.close()
    await system.stop()
    await dataDir.remove()
  }
}

/** A machine without a browser can run everything else. Where nobody reads the output, that is a failure. */
async function skip(error: Error): Promise<undefined> {
  if (process.env['CI']) throw error
  await mkdir(reports, { recursive: true })
  await writeFile(new URL('browser-skipped.txt', reports), `${error.message}\n`)
}
