import { readFileSync } from 'node:fs'
import type { Page } from 'playwright-core'
import { expect } from 'vitest'
import { violations } from './support/axe.ts'
import { enter, publish, register, type Person } from './support/people.ts'
import { test } from './support/stage.ts'

const pages: string[] = JSON.parse(readFileSync(new URL('../dist/routes.json', import.meta.url), 'utf8'))
const entrance = [
  '/check-mail',
  '/confirm-email',
  '/export',
  '/forgot',
  '/reset',
  '/sign-in',
  '/sign-up',
  '/undo-email',
  '/verify',
]

/** Every page, with something on it. */
async function addressesFor(person: Person): Promise<string[]> {
  const post = await publish(person, 'Something to look at', 'A first line.\n\nAnd a second.')
  await person.client.posts.create.mutate({ title: 'A draft to look at', body: '' })
  return pages.map((page) => page.replace('/users/$id', `/users/${person.id}`).replace('$id', post.id))
}

async function settle(page: Page) {
  await page.getByRole('heading', { level: 1 }).first().waitFor({ state: 'attached' })
  await expect.poll(() => page.locator('[aria-busy]').count()).toBe(0)
  await page.evaluate(() => document.fonts.ready)
}

const looks = {
  light: { colorScheme: 'light' },
  dark: { colorScheme: 'dark' },
  'light on a phone': { colorScheme: 'light', viewport: { width: 375, height: 720 }, hasTouch: true },
} as const

test.for(Object.keys(looks) as (keyof typeof looks)[])(
  'every page keeps to the policy, is accessible and fits, in %s',
  async (look, { open }) => {
    const [visitor, page] = [await open(looks[look]), await open(looks[look])]
    const ada = await register('ada', { isVerified: true })
    const addresses = await addressesFor(ada)
    await enter(page, ada)
    for (const address of addresses) {
      const isEntrance = entrance.includes(address)
      const seer = isEntrance ? visitor : page
      await seer.goto(address)
      await settle(seer)
      expect(await violations(seer), address).toEqual([])
      expect(await seer.evaluate(() => document.body.scrollWidth <= innerWidth), `${address} fits`).toBe(true)
      expect(await seer.title(), address).toMatch(/^.+ · Tenon$/)
      expect(new URL(seer.url()).pathname).toBe(address)
    }
  },
)

test('an address that is not there is a 404, with a way back', async ({ page, problems }) => {
  problems.expectStatus(404)
  for (const address of ['/nothing/here', '/posts', '/sign-in/more', '/posts/1/2/3']) {
    const answer = await page.goto(address)
    expect(answer?.status(), address).toBe(404)
    await page.getByRole('heading', { name: 'There is nothing here' }).waitFor()
  }
  expect(await violations(page)).toEqual([])
  await page.getByRole('link', { name: 'Go to the posts' }).click()
  await page.getByRole('heading', { name: 'Posts', level: 1 }).waitFor()
})

test('an id that names nothing, or cannot be one, is not found', async ({ page, problems }) => {
  problems.expectStatus(400, 404)
  for (const id of ['0198c5f2-6a52-7c3e-9d0a-3b1f6c2e8a44', 'nonsense']) {
    for (const address of [`/posts/${id}`, `/users/${id}`]) {
      await page.goto(address)
      await page.getByRole('heading', { name: 'There is nothing here' }).waitFor()
    }
  }
})

test('a page that is there is a 200 that no cache keeps; what it loads is kept for ever', async ({
  page,
}) => {
  const assets: string[] = []
  page.on('response', async (response) => {
    if (!response.url().includes('/assets/')) return
    assets.push(`${response.status()} ${response.headers()['cache-control']}`)
  })
  const answer = await page.goto('/sign-in')
  await page.waitForLoadState('networkidle')
  expect(answer?.status()).toBe(200)
  expect(answer?.headers()['cache-control']).toBe('no-cache')
  expect(answer?.headers()['content-security-policy']).not.toMatch(/unsafe|data:|\*/)
  expect(new Set(assets)).toEqual(new Set(['200 public, max-age=31536000, immutable']))
})
