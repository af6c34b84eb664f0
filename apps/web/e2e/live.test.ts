import type { Page, Request } from 'playwright-core'
import { createClient } from '@tenon/sdk'
import { makeTestDataDir, startTestSystem } from '@tenon/server/testing'
import { expect } from 'vitest'
import { enterAndHear, expectUnread, streamOf, unread } from './support/bell.ts'
import { enter, password, publish, register } from './support/people.ts'
import { test } from './support/stage.ts'

/** Each request for a stream that the browser makes, whichever tab. */
function watchStreams(page: Page) {
  const streams = { opened: 0, open: 0 }
  const isStream = (request: Request) => request.url().includes('/api/v1/live')
  page.context().on('request', (request) => {
    if (!isStream(request)) return
    streams.opened++
    streams.open++
  })
  page.context().on('requestfailed', (request) => isStream(request) && streams.open--)
  page.context().on('requestfinished', (request) => isStream(request) && streams.open--)
  return streams
}

async function followed() {
  const [ada, bob] = [await register('ada'), await register('bob')]
  await bob.client.users.follow.mutate({ id: ada.id })
  return { ada, bob }
}

test('the bell counts up while the page is open, and says so to a screen reader', async ({ page }) => {
  const { ada, bob } = await followed()
  await enterAndHear(page, bob)
  await publish(ada, 'On looms')
  await expectUnread(page, 1)
  await page.getByRole('status').getByText('1 unread notification', { exact: true }).waitFor()
  await publish(ada, 'On more looms')
  await expectUnread(page, 2)

  await bob.client.notifications.markAllRead.mutate()
  await expectUnread(page, 0)
})

test('all tabs hear by one stream, and when the one that holds it is closed, another does', async ({
  page,
}) => {
  const { ada, bob } = await followed()
  const streams = watchStreams(page)
  await enterAndHear(page, bob)
  const [second, third] = [await page.context().newPage(), await page.context().newPage()]
  for (const tab of [second, third]) {
    await tab.goto('/drafts')
    await expectUnread(tab, 0)
  }
  // Whoever waits for the stream hears already.
  await expect.poll(() => page.evaluate(async () => (await navigator.locks.query()).pending?.length)).toBe(2)
  await publish(ada, 'Heard in all tabs')
  for (const tab of [page, second, third]) await expectUnread(tab, 1)
  expect(streams.opened).toBe(1)

  await page.close()
  await expect.poll(() => streams.opened).toBe(2)
  await publish(ada, 'Heard in those that are left')
  for (const tab of [second, third]) await expectUnread(tab, 2)
  expect(streams).toMatchObject({ opened: 2 })
})

test('what happens before a tab can hear it is shown as soon as it can', async ({ page }) => {
  const { ada, bob } = await followed()
  await enterAndHear(page, bob)
  const late = await page.context().newPage()
  const code = Promise.withResolvers<void>()
  await late.route('**/assets/hear-*.js', async (route) => {
    await code.promise
    await route.continue()
  })
  const count = late.waitForResponse((response) => response.url().includes('notifications.unreadCount'))
  await Promise.all([count, late.goto('/')])
  await publish(ada, 'On looms')
  await expectUnread(page, 1)
  expect(await unread(late)).toBe(0)
  code.resolve()
  await expectUnread(late, 1)
})

test('the stream ends with the sign-out, and begins with the next person’s', async ({ page, problems }) => {
  // Between the answer and the page that shows nobody, what is somebody's may be asked for once more.
  problems.expectStatus(401)
  const { ada, bob } = await followed()
  const streams = watchStreams(page)
  await enterAndHear(page, bob)
  expect(streams).toEqual({ opened: 1, open: 1 })
  await page.getByRole('button', { name: 'Sign out' }).click()
  await page.getByText('You are signed out').waitFor()
  await expect.poll(() => streams.open).toBe(0)
  expect(await unread(page)).toBe(null)
  const { opened } = streams

  await enterAndHear(page, ada)
  expect(streams).toEqual({ opened: opened + 1, open: 1 })
})

test('a session that is ended elsewhere is over on the open page, in all its tabs', async ({
  page,
  problems,
}) => {
  problems.expectStatus(401)
  const bob = await register('bob')
  await enterAndHear(page, bob)
  const settings = await page.context().newPage()
  await settings.goto('/settings')
  await settings.getByRole('button', { name: 'Delete my account' }).waitFor()
  await bob.client.auth.sessions.revokeOthers.mutate()

  await page.getByRole('complementary').getByRole('link', { name: 'Sign in' }).waitFor()
  await settings.getByText('Your session has ended.').waitFor()
})

test('what happens while there is no network is there when it is back', async ({ page, problems }) => {
  problems.expectLostConnections()
  const { ada, bob } = await followed()
  await enterAndHear(page, bob)
  await page.context().setOffline(true)
  await publish(ada, 'Written while bob was away')
  await page.context().setOffline(false)
  await expectUnread(page, 1)
})

// Two starts of the whole system.
test('a server that was killed and started again is heard again', async ({ open, problems }) => {
  problems.expectLostConnections()
  problems.expectStatus(502, 503)
  await using opened = new AsyncDisposableStack()
  const dataDir = await makeTestDataDir()
  opened.defer(() => dataDir.remove())
  const first = await startTestSystem({ dataDir: dataDir.path })
  opened.defer(() => first.kill())
  const bob = createClient({ url: first.url })
  const email = 'bob@example.com'
  await bob.users.create.mutate({ email, username: 'bob', password })

  const page = await open({ baseURL: first.url })
  await Promise.all([streamOf(page), enter(page, { id: '', email, username: 'bob', name: '', client: bob })])
  const before = (await unread(page)) ?? 0
  await first.kill()
  const again = await startTestSystem({ dataDir: dataDir.path, env: { PORT: new URL(first.url).port } })
  opened.defer(async () => void (await again.stop()))

  // From a device that was not seen before.
  await bob.auth.signIn.mutate({ email, password, tokenInBody: true })
  await expect.poll(() => unread(page), { timeout: 90_000 }).toBe(before + 1)
})
