import type { Page } from 'playwright-core'
import { expect } from 'vitest'
import { enter, type Person } from './people.ts'

/** How much it says is unread; null where there is none. */
export async function unread(page: Page): Promise<number | null> {
  const bell = page.getByRole('banner').getByRole('button', { name: /^Notifications/ })
  if ((await bell.count()) === 0) return null
  return Number(/, (\d+)/.exec((await bell.getAttribute('aria-label')) ?? '')?.[1] ?? 0)
}

export const expectUnread = (page: Page, count: number) => expect.poll(() => unread(page)).toBe(count)

export const openBell = (page: Page) =>
  page
    .getByRole('banner')
    .getByRole('button', { name: /^Notifications/ })
    .click()

/** The answer that its next stream begins with. */
export const streamOf = (page: Page) =>
  page.waitForResponse((response) => response.url().includes('/api/v1/live'))

/** Comes to the feed, hears of what happens, and has read what came before. */
export async function enterAndHear(page: Page, person: Person) {
  await Promise.all([streamOf(page), enter(page, person)])
  await person.client.notifications.markAllRead.mutate()
  await expectUnread(page, 0)
}
