import axe from 'axe-core'
import type { Page } from 'playwright-core'

/** What axe finds wrong on the page as it is now, a line each. */
export async function violations(page: Page): Promise<string[]> {
  await page.evaluate(axe.source)
  const { violations } = await page.evaluate(() =>
    Reflect.get(globalThis, 'axe').run({ resultTypes: ['violations'] }),
  )
  return violations.map(toLine)
}

function toLine({ id, nodes }: axe.Result): string {
  return `${id}: ${nodes.map(({ target }) => target.join(' ')).join(', ')}`
}
