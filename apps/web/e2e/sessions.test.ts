import type { Page } from 'playwright-core'
import { expect } from 'vitest'
import { enter, password, register, signIn } from './support/people.ts'
import { test, url } from './support/stage.ts'

test('a session that is ended on the list is over on its open page', async ({ page, open, problems }) => {
  problems.expectStatus(401)
  const ada = await register('ada')
  const elsewhere = await open({
    userAgent: 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0',
  })
  await enter(page, ada)
  await enter(elsewhere, ada)

  await page.getByRole('link', { name: 'Sessions' }).click()
  const rows = page.getByRole('list', { name: 'Sessions' }).getByRole('listitem')
  await rows.first().getByText('This device').waitFor()
  await page.getByRole('button', { name: /End the session Firefox/ }).click()
  await page.getByText('Session ended').waitFor()
  await page.getByRole('button', { name: /End the session Firefox/ }).waitFor({ state: 'detached' })

  await elsewhere.getByRole('complementary').getByRole('link', { name: 'Sign in' }).waitFor()
  await elsewhere.goto('/drafts')
  await elsewhere.getByRole('heading', { name: 'Sign in to Tenon' }).waitFor()

  await page.getByRole('button', { name: 'End all others' }).click()
  await page.getByRole('alertdialog').getByRole('button', { name: 'End them' }).click()
  await page.getByText('You are signed in nowhere else.').waitFor()
})

test('nothing of one person is left for the next at the same browser', async ({ page, problems }) => {
  // Between the answer and the page that shows nobody, what is somebody's may be asked for once more.
  problems.expectStatus(401)
  const [ada, bob] = [await register('ada'), await register('bob')]
  await ada.client.posts.create.mutate({ title: 'For my eyes only', body: '' })
  await enter(page, ada)
  await page.getByRole('link', { name: 'Drafts', exact: true }).click()
  await page.getByText('For my eyes only').waitFor()
  await page.getByRole('button', { name: 'Sign out' }).click()
  await page.getByText('You are signed out').waitFor()

  await page.getByRole('link', { name: 'Sign in' }).click()
  await signIn(page, bob)
  await page.getByRole('link', { name: 'Drafts', exact: true }).click()
  await page.getByText('No drafts').waitFor()
  expect(await page.getByText('For my eyes only').count()).toBe(0)
})

test('signing out in one tab signs out in the other, and what is somebody’s goes away', async ({
  page,
  problems,
}) => {
  problems.expectStatus(401)
  const ada = await register('ada')
  await ada.client.posts.create.mutate({ title: 'For my eyes only', body: '' })
  await enter(page, ada)
  const [feed, settings] = [await page.context().newPage(), await page.context().newPage()]
  await feed.goto('/')
  await feed.getByText(ada.email).waitFor()
  await settings.goto('/settings')
  await settings.getByRole('button', { name: 'Delete my account' }).waitFor()
  await page.getByRole('button', { name: 'Sign out' }).click()

  await feed.getByRole('complementary').getByRole('link', { name: 'Sign in' }).waitFor()
  expect(await feed.getByText(ada.email).count()).toBe(0)
  await settings.getByText('Your session has ended.').waitFor()
  await expect.poll(() => settings.getByText(ada.email).count()).toBe(0)
  await settings.getByRole('link', { name: 'Posts', exact: true }).click()
  await settings.goto('/drafts')
  await settings.getByRole('heading', { name: 'Sign in to Tenon' }).waitFor()
})

test('the keyboard alone signs in', async ({ page }) => {
  const ada = await register('ada')
  await page.goto('/sign-in')
  await expect.poll(() => page.evaluate(() => document.activeElement?.getAttribute('name'))).toBe('email')
  await page.keyboard.type(ada.email)
  await page.keyboard.press('Tab')
  await page.keyboard.type(password)
  await page.keyboard.press('Enter')
  await page.getByRole('heading', { name: 'Posts', level: 1 }).waitFor()
})

test('signing in leads to the page that asked for it', async ({ page, problems }) => {
  problems.expectStatus(401)
  const ada = await register('ada')
  await page.goto('/settings/sessions')
  await signIn(page, ada)
  await page.getByRole('heading', { name: 'Sessions' }).waitFor()
  expect(new URL(page.url()).pathname).toBe('/settings/sessions')
})

const attacks = [
  'https://evil.example/',
  '//evil.example',
  '///evil.example',
  '/\\evil.example',
  '\\\\evil.example',
  '/\t/evil.example',
  '/\n/evil.example',
  '\t//evil.example',
  '/.//evil.example',
  '%2F%2Fevil.example',
  '/%2F/evil.example',
  '/%5Cevil.example',
  '%252F%252Fevil.example',
  '/%2F%2Fevil.example',
  '/%252F%252Fevil.example',
  '/%255Cevil.example',
  'https:evil.example',
  '/https://evil.example',
  'javascript:alert(1)',
  '/javascript:alert(1)',
  '\njavascript:alert(1)',
  'data:text/html,x',
  '/@evil.example',
  '.evil.example',
]

/** Every address outside of this origin that was asked for, or opened. */
function watchLeaving(page: Page): string[] {
  const left: string[] = []
  page.context().on('request', (request) => {
    if (!request.url().startsWith(`${url}/`)) left.push(request.url())
  })
  page.context().on('page', (opened) => left.push(opened.url()))
  return left
}

async function arriveWith(page: Page, attack: string) {
  await page.getByRole('button', { name: 'Sign out' }).waitFor()
  expect(new URL(page.url()).origin, attack).toBe(url)
}

test('no `next` leads away from this origin after signing in', async ({ page, problems }) => {
  // The page hears that its cookie is gone.
  problems.expectStatus(401)
  const ada = await register('ada')
  const left = watchLeaving(page)
  for (const attack of attacks) {
    await page.goto(`/sign-in?next=${encodeURIComponent(attack)}`)
    await signIn(page, ada)
    await arriveWith(page, attack)
    await page.context().clearCookies()
    await page.evaluate(() => localStorage.clear())
  }
  expect(left).toEqual([])
})

test('no `next` leads somebody who is signed in away from this origin', async ({ page }) => {
  const ada = await register('ada')
  const left = watchLeaving(page)
  await enter(page, ada)
  for (const attack of attacks) {
    await page.goto(`/sign-in?next=${encodeURIComponent(attack)}`)
    await arriveWith(page, attack)
  }
  expect(left).toEqual([])
})
