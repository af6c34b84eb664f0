import { chromium, type BrowserContextOptions, type Page } from 'playwright-core'
import { afterAll, expect, inject, test as base } from 'vitest'
import { watchProblems, type Problems } from './problems.ts'

const stage = inject('stage')
const browser = stage && (await chromium.connect(stage.browser))
afterAll(() => browser?.close())

export const url = stage?.url ?? ''

interface Fixtures {
  /** What must not happen on any page; looked at when the test is over. */
  problems: Problems
  /** Opens a browser of somebody's own: nothing is shared with the others. */
  open: (options?: BrowserContextOptions) => Promise<Page>
  page: Page
}

const staged = base.extend<Fixtures>({
  async problems({ task }, use) {
    const problems = watchProblems()
    await use(problems)
    expect(problems.found, task.name).toEqual([])
  },
  async open({ problems }, use) {
    const pages: Page[] = []
    await use(async (options = {}) => {
      const context = await browser!.newContext({
        baseURL: url,
        viewport: { width: 1280, height: 860 },
        ...options,
      })
      context.setDefaultTimeout(50_000)
      await problems.watch(context)
      const page = await context.newPage()
      pages.push(page)
      return page
    })
    for (const page of pages) await page.context().close()
  },
  async page({ open }, use) {
    await use(await open())
  },
})

/** A test in a real Chromium against the real system; skipped where no Chromium can start. */
export const test = staged.skipIf(!stage)
