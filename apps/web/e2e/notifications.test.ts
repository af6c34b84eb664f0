import type { Page } from 'playwright-core'
import { expect } from 'vitest'
import { violations } from './support/axe.ts'
import { enterAndHear, expectUnread, openBell } from './support/bell.ts'
import { makeAdmin } from './support/database.ts'
import { enter, publish, register, type Person } from './support/people.ts'
import { test, url } from './support/stage.ts'

async function followed() {
  const [ada, bob] = [await register('ada'), await register('bob')]
  await bob.client.users.follow.mutate({ id: ada.id })
  return { ada, bob }
}

async function staff() {
  const { ada, bob } = await followed()
  await makeAdmin(ada)
  return { ada, bob }
}

const tell = (from: Person, to: Person, subject: string, message = 'Nothing else to say.') =>
  from.client.notifications.send.mutate({ to: { userId: to.id }, subject, message })

/** As many as are wanted, and they have arrived. */
async function tellMany(from: Person, to: Person, count: number) {
  for (let index = 1; index <= count; index++) await tell(from, to, `Message ${index}`)
  await expect
    .poll(async () => (await to.client.notifications.unreadCount.query()).count)
    .toBeGreaterThanOrEqual(count)
}

const list = (page: Page) => page.getByRole('list', { name: 'Notifications' })
const rows = (page: Page) => list(page).getByRole('listitem')

async function goTo(page: Page, address = '/notifications') {
  await page.goto(address)
  await page.getByRole('heading', { name: 'Notifications', level: 1 }).waitFor()
}

test('the bell shows what came last; what is chosen opens, and is read', async ({ page }) => {
  const { ada, bob } = await followed()
  await enterAndHear(page, bob)
  const [first, second] = [await publish(ada, 'On looms'), await publish(ada, 'On engines')]
  await expectUnread(page, 2)
  await openBell(page)
  const menu = page.getByRole('dialog', { name: 'Notifications' })
  await menu.getByText(first.title).waitFor()
  expect(await violations(page)).toEqual([])
  await menu.getByRole('listitem').filter({ hasText: second.title }).getByRole('link').click()
  await page.getByRole('heading', { name: second.title, level: 1 }).waitFor()
  await menu.waitFor({ state: 'detached' })
  await expectUnread(page, 1)

  await openBell(page)
  await menu.getByRole('button', { name: 'Mark all as read' }).click()
  await expectUnread(page, 0)
  await page.keyboard.press('Escape')
  await menu.waitFor({ state: 'detached' })
  await expect
    .poll(() => page.evaluate(() => document.activeElement?.getAttribute('aria-label')))
    .toBe('Notifications')
})

test('the menu shows what arrives while it is open', async ({ page }) => {
  const { ada, bob } = await followed()
  await enterAndHear(page, bob)
  await openBell(page)
  const menu = page.getByRole('dialog', { name: 'Notifications' })
  await menu.getByRole('link', { name: 'See all' }).waitFor()
  const post = await publish(ada, 'While it is open')
  await menu.getByText(post.title).waitFor()
  await menu.getByRole('link', { name: 'See all' }).click()
  await page.getByRole('heading', { name: 'Notifications', level: 1 }).waitFor()
  await menu.waitFor({ state: 'detached' })
})

test('a message is read where it stands, and other tabs see that it was', async ({ page }) => {
  const { ada, bob } = await staff()
  await enterAndHear(page, bob)
  await tell(ada, bob, 'We move on Sunday', 'Tenon is away for an hour.\n\nFrom 6:00 UTC.')
  await goTo(page)
  const other = await page.context().newPage()
  await goTo(other, '/notifications?unread=true')
  const message = (tab: Page) => rows(tab).filter({ hasText: 'We move on Sunday' })
  await message(other).getByText('Unread: ').waitFor({ state: 'attached' })

  const title = message(page).getByRole('button', { name: 'We move on Sunday', exact: true })
  expect(await title.getAttribute('aria-expanded')).toBe('false')
  await title.click()
  expect(await title.getAttribute('aria-expanded')).toBe('true')
  await message(page).getByText('Unread: ').waitFor({ state: 'detached' })
  await message(other).getByText('Unread: ').waitFor({ state: 'detached' })
  for (const tab of [page, other]) await expectUnread(tab, 0)
  await other.reload()
  await other.getByText('You have read everything').waitFor()
})

test('the filter is in the address, and so is what going back comes to', async ({ page }) => {
  const { ada, bob } = await staff()
  await enterAndHear(page, bob)
  await tellMany(ada, bob, 2)
  await goTo(page)
  await list(page).getByRole('button', { name: 'Mark “Message 1” as read' }).press('Enter')
  await expectUnread(page, 1)
  expect(await page.evaluate(() => document.activeElement?.textContent)).toBe('Message 1')
  await page.getByRole('link', { name: 'Unread', exact: true }).click()
  await page.waitForURL('**/notifications?unread=true')
  await expect.poll(() => rows(page).count()).toBe(1)
  await page.getByRole('link', { name: 'All', exact: true }).click()
  await page.waitForURL('**/notifications')
  await page.goBack()
  await page.waitForURL('**/notifications?unread=true')

  await page.getByRole('button', { name: 'Mark all as read' }).click()
  await page.getByText('You have read everything').waitFor()
  await expectUnread(page, 0)
  expect(await violations(page)).toEqual([])
  await page.goto('/notifications?unread=maybe')
  await rows(page).nth(1).waitFor()
})

test('the list goes on page by page, and new ones wait above while one reads below', async ({ page }) => {
  const { ada, bob } = await staff()
  await enterAndHear(page, bob)
  await tellMany(ada, bob, 30)
  await goTo(page)
  const titles = () =>
    list(page)
      .getByText(/^Message \d+$/)
      .allTextContents()
  await expect
    .poll(async () => {
      await page.mouse.wheel(0, 2000)
      return new Set(await titles()).size
    })
    .toBe(30)

  const place = () => page.evaluate(() => scrollY)
  let before = 0
  await expect
    .poll(async () => {
      const last = before
      before = await place()
      return before > 100 && before === last
    })
    .toBe(true)
  await tell(ada, bob, 'The first new one')
  await tell(ada, bob, 'The second new one')
  const pill = page.getByRole('button', { name: '2 new' })
  await pill.waitFor()
  expect(await place()).toBe(before)
  expect(await violations(page)).toEqual([])
  await pill.click()
  await expect.poll(place).toBe(0)
  expect(await rows(page).first().textContent()).toContain('new one')
  expect(await titles()).toHaveLength(30)
  await expect
    .poll(() => page.evaluate(() => document.activeElement?.getAttribute('aria-label')))
    .toBe('Notifications')

  await tell(ada, bob, 'One more, at the top')
  await rows(page).first().getByText('One more, at the top').waitFor()
})

test('a list that does not come says why, and is tried again', async ({ page, problems }) => {
  problems.expectStatus(500)
  const bob = await register('bob')
  await enter(page, bob)
  const data = { code: 'INTERNAL', message: 'Wrong.', details: {}, requestId: 'req-4711', httpStatus: 500 }
  const error = { error: { code: -32603, message: 'Wrong.', data } }
  await page.route('**/trpc/**notifications.list*', (route) =>
    route.fulfill({
      status: 500,
      json: new URL(route.request().url()).pathname.split(',').map(() => error),
    }),
  )
  await goTo(page)
  await page.getByRole('main').getByText('req-4711').waitFor()
  await page.unroute('**/trpc/**notifications.list*')
  await page.getByRole('button', { name: 'Try again' }).click()
  await page
    .getByText(/Nothing has happened yet|A new device signed in/)
    .first()
    .waitFor()
})

test('how one is told is chosen at once, kept, and taken back when it was not saved', async ({
  page,
  problems,
}) => {
  problems.expectLostConnections()
  const bob = await register('bob')
  await enter(page, bob)
  await page.getByRole('link', { name: 'Notifications', exact: true }).click()
  const byMail = page.getByRole('switch', { name: 'New posts: Mail' })
  await byMail.click()
  await page.getByRole('switch', { name: 'Messages: Daily mail' }).click()
  await page.getByRole('switch', { name: 'Messages: Mail' }).click()
  await expect
    .poll(() => bob.client.notifications.preferences.get.query())
    .toMatchObject({
      'post.published': { inApp: true, mail: true, digest: false },
      'admin.message': { inApp: true, mail: false, digest: true },
    })
  const security = page.getByRole('row', { name: /Security/ })
  expect(await security.getByRole('switch').count()).toBe(0)
  expect(await security.getByText('Always').count()).toBe(2)
  await page.reload()
  await expect.poll(() => byMail.isChecked()).toBe(true)

  await page.route('**/trpc/notifications.preferences.update*', (route) => route.abort())
  await byMail.click()
  await page.getByText('Not saved').first().waitFor()
  await expect.poll(() => byMail.isChecked()).toBe(true)
  expect(await page.getByRole('switch', { name: 'Messages: Daily mail' }).isChecked()).toBe(true)
  expect((await bob.client.notifications.preferences.get.query())['post.published'].mail).toBe(true)
})

test('every address that mails and notifications name is a page', async ({ page }) => {
  const { ada, bob } = await followed()
  await enterAndHear(page, bob)
  await publish(ada, 'On looms')
  await expectUnread(page, 1)
  const { items } = await bob.client.notifications.list.query({})
  const told = items.flatMap(({ url }) => url ?? [])
  expect(told).toContainEqual(expect.stringContaining('/posts/'))
  expect(told).toContain(`${url}/settings/sessions`)

  const read = async (path: string) => (await fetch(url + path)).text()
  const templates = [...(await read('/dev/mail/templates')).matchAll(/"(\/dev\/mail\/templates\/[^"]+)"/g)]
  const letters = await Promise.all(templates.map(([, path]) => read(`${path}/html`)))
  const links = letters.flatMap((letter) => [...letter.matchAll(/href="([^"]+)"/g)].map(([, to]) => to ?? ''))
  expect(links).toContain(`${url}/settings/notifications`)
  for (const address of new Set([...told, ...links])) expect((await fetch(address)).status, address).toBe(200)
})

const looks = {
  light: { colorScheme: 'light' },
  dark: { colorScheme: 'dark' },
  'light on a phone': { colorScheme: 'light', viewport: { width: 390, height: 844 }, hasTouch: true },
  'dark on a phone': { colorScheme: 'dark', viewport: { width: 390, height: 844 }, hasTouch: true },
} as const

test.for(Object.keys(looks) as (keyof typeof looks)[])(
  'the list, the menu and the settings are accessible and fit, in %s',
  async (look, { open }) => {
    const page = await open(looks[look])
    const { ada, bob } = await staff()
    await enterAndHear(page, bob)
    await publish(ada, 'On looms')
    await tell(ada, bob, 'We move on Sunday', 'Tenon is away for an hour from 6:00 UTC.\n\nWe are sorry.')
    await expectUnread(page, 2)
    for (const address of ['/notifications', '/settings/notifications']) {
      await page.goto(address)
      await expect.poll(() => page.locator('[aria-busy]').count()).toBe(0)
      await (address === '/notifications' ? rows(page).first() : page.getByRole('switch').first()).waitFor()
      expect(await violations(page), address).toEqual([])
      expect(await page.evaluate(() => document.body.scrollWidth <= innerWidth), `${address} fits`).toBe(true)
    }
    await openBell(page)
    await page.getByRole('dialog').getByText('On looms').waitFor()
    expect(await violations(page)).toEqual([])
    expect(await page.evaluate(() => document.body.scrollWidth <= innerWidth)).toBe(true)
  },
)
