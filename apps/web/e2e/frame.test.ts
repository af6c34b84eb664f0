import { readdirSync } from 'node:fs'
import type { Page } from 'playwright-core'
import { expect } from 'vitest'
import { enter, publish, register } from './support/people.ts'
import { test } from './support/stage.ts'

const themeOf = (page: Page) => page.evaluate(() => document.documentElement.dataset['theme'])
const background = (page: Page) =>
  page.evaluate(() => getComputedStyle(document.documentElement).backgroundColor)

test('the theme follows the system until one is chosen, and is there before the first paint', async ({
  open,
}) => {
  const page = await open({ colorScheme: 'dark' })
  await page.route('**/assets/index-*.js', (route) =>
    route.fulfill({ contentType: 'text/javascript', body: '' }),
  )
  await page.goto('/')
  expect(await themeOf(page)).toBe('dark')
  expect(await background(page)).toBe('rgb(14, 14, 18)')
  await page.unroute('**/assets/index-*.js')

  await page.goto('/')
  await page.getByRole('button', { name: 'Switch to the light theme' }).click()
  expect(await background(page)).toBe('rgb(250, 250, 252)')
  await page.reload()
  await page.getByRole('button', { name: 'Switch to the dark theme' }).waitFor()
  expect(await background(page)).toBe('rgb(250, 250, 252)')

  await page.getByRole('button', { name: 'Switch to the dark theme' }).click()
  await page.emulateMedia({ colorScheme: 'light' })
  await expect.poll(() => themeOf(page)).toBe('light')
})

test('the feed goes on without end, and shows each post once', async ({ page }) => {
  const ada = await register('ada')
  const titles = Array.from({ length: 45 }, (_, index) => `Note ${index + 1} of ${ada.username}`)
  for (const title of titles) await publish(ada, title)

  await page.goto('/')
  const mine = page.getByRole('list', { name: 'Posts' }).getByRole('link', { name: ada.username })
  await page.getByRole('link', { name: titles.at(-1) ?? '', exact: true }).waitFor()
  await expect
    .poll(async () => {
      await page.mouse.wheel(0, 3000)
      return page.getByRole('link', { name: titles[0] ?? '', exact: true }).count()
    })
    .toBe(1)
  expect(await mine.allTextContents()).toEqual(titles.toReversed())
})

test('on a phone the menu opens, leads on and goes away', async ({ open }) => {
  const page = await open({ viewport: { width: 390, height: 844 }, hasTouch: true })
  const ada = await register('ada')
  await enter(page, ada)
  expect(await page.getByRole('navigation', { name: 'Main' }).count()).toBe(0)
  await page.getByRole('button', { name: 'Menu' }).tap()
  await page.getByRole('dialog', { name: 'Menu' }).getByRole('link', { name: 'Sessions' }).tap()
  await page.getByRole('heading', { name: 'Sessions' }).waitFor()
  await page.getByRole('dialog', { name: 'Menu' }).waitFor({ state: 'detached' })
})

/** Menus come when they are first opened, the stream with a session; everything else as soon as the browser has time. */
const code = readdirSync(new URL('../dist/assets', import.meta.url)).filter((name) =>
  /^(?!drawer|bell-menu|hear|react-to).*\.js$/.test(name),
)

async function codeIsThere(page: Page) {
  await expect
    .poll(async () => {
      const loaded = await page.evaluate(() =>
        performance
          .getEntriesByType('resource')
          .map(({ name }) => name)
          .join(),
      )
      return code.filter((name) => !loaded.includes(name))
    })
    .toEqual([])
}

test('without a network the page says so, and loads when it is back', async ({ page }) => {
  const ada = await register('ada')
  const post = await publish(ada, `Reached in the end, ${ada.username}`)
  await page.goto('/')
  await page.getByRole('link', { name: post.title }).waitFor()
  await codeIsThere(page)
  await page.context().setOffline(true)
  await page.getByText('You are offline. What is shown').waitFor()
  await page.evaluate(() => dispatchEvent(new Event('focus')))
  await page.getByRole('link', { name: post.title }).click()
  await page.getByRole('heading', { name: 'You are offline' }).waitFor()
  await page.context().setOffline(false)
  await page.getByText('You are offline. What is shown').waitFor({ state: 'detached' })
  await page.getByRole('heading', { name: post.title, level: 1 }).waitFor()
})

test('a failed read names its request and is tried again', async ({ page, problems }) => {
  problems.expectStatus(500)
  const data = {
    code: 'INTERNAL',
    message: 'Something went wrong.',
    details: {},
    requestId: 'req-4711',
    httpStatus: 500,
  }
  const error = { error: { code: -32603, message: 'Something went wrong.', data } }
  await page.route('**/trpc/posts.list*', (route) => route.fulfill({ status: 500, json: [error] }))
  await page.goto('/')
  const alert = page.getByRole('alert')
  await alert.getByText('req-4711').waitFor()
  await page.unroute('**/trpc/posts.list*')
  await alert.getByRole('button', { name: 'Try again' }).click()
  await page.getByRole('list', { name: 'Posts' }).waitFor()
})

test('the keyboard skips to the content, and starts there on a new page', async ({ page }) => {
  const ada = await register('ada')
  await enter(page, ada)
  await page.goto('/')
  await page.getByRole('list', { name: 'Posts' }).waitFor()
  await page.keyboard.press('Tab')
  expect(await page.evaluate(() => document.activeElement?.textContent)).toBe('Skip to the content')
  await page.keyboard.press('Enter')
  await expect.poll(() => page.evaluate(() => document.activeElement?.id)).toBe('main')

  await page.getByRole('link', { name: 'Drafts', exact: true }).press('Enter')
  await page.getByRole('heading', { name: 'Drafts', level: 1 }).waitFor()
  await expect.poll(() => page.evaluate(() => document.activeElement?.id)).toBe('main')
})
