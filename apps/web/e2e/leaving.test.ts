import { json } from 'node:stream/consumers'
import type { Download, Page } from 'playwright-core'
import { expect } from 'vitest'
import { violations } from './support/axe.ts'
import { asOnlyAdmin, expireLinks } from './support/database.ts'
import { enter, mailedToken, publish, register, signIn, type Person } from './support/people.ts'
import { test } from './support/stage.ts'

async function deleteAccount(page: Page, { username }: Person) {
  await page.goto('/settings')
  await page.getByRole('button', { name: 'Delete my account' }).click()
  const dialog = page.getByRole('alertdialog', { name: 'Delete your account?' })
  expect(await dialog.getByRole('button', { name: 'Delete account' }).isDisabled()).toBe(true)
  await dialog.getByRole('textbox').fill(username)
  await dialog.getByRole('button', { name: 'Delete account' }).click()
  return dialog
}

test('deleting asks for the username, hides everything, and signing in within 7 days brings it back', async ({
  page,
  problems,
}) => {
  problems.expectStatus(401, 404)
  const ada = await register('ada')
  const post = await publish(ada, 'Gone for a while')
  await enter(page, ada)
  await deleteAccount(page, ada)
  await page.getByText('Your account is deleted').waitFor()
  await page.getByText('You have 7 days to come back.').waitFor()
  await page.getByRole('complementary').getByRole('link', { name: 'Create account' }).waitFor()
  expect(await page.getByText(ada.email).count()).toBe(0)

  for (const gone of [`/users/${ada.id}`, `/posts/${post.id}`]) {
    await page.goto(gone)
    await page.getByRole('heading', { name: 'There is nothing here' }).waitFor()
  }
  await page.goto('/sign-in')
  await signIn(page, ada)
  await page.getByRole('heading', { name: 'Posts', level: 1 }).waitFor()
  await page.goto(`/posts/${post.id}`)
  await page.getByRole('heading', { name: 'Gone for a while' }).waitFor()
})

test('the notice of a deletion leads back in', async ({ page }) => {
  const ada = await register('ada')
  await enter(page, ada)
  await deleteAccount(page, ada)
  await page.getByText('Your account is deleted').waitFor()
  await page.getByRole('dialog').getByRole('button', { name: 'Keep my account' }).click()
  await signIn(page, ada)
  await page.getByRole('heading', { name: 'Posts', level: 1 }).waitFor()
})

test('the last admin is told why she stays', async ({ page, problems }) => {
  problems.expectStatus(409)
  const ada = await register('ada')
  await enter(page, ada)
  await asOnlyAdmin(ada, async () => {
    const dialog = await deleteAccount(page, ada)
    await dialog.getByText('You are the only admin. Make somebody else an admin first.').waitFor()
  })
  await page.keyboard.press('Escape')
  await page.getByRole('complementary').getByText(ada.email).waitFor()
})

const contentOf = async (file: Download) => json(await file.createReadStream())

test('what is held on somebody comes as a file, once, at the press of a button', async ({
  page,
  open,
  problems,
}) => {
  problems.expectStatus(400)
  const ada = await register('ada')
  const post = await publish(ada, 'Mine to take along')
  await enter(page, ada)
  await page.goto('/settings')
  await page.getByRole('button', { name: 'Get my data' }).click()
  await page.getByText(`A link goes to ${ada.email} as soon as the file is ready.`).waitFor()

  const link = `/export#token=${await mailedToken(ada.email, '/export')}`
  const visitor = await open({ acceptDownloads: true })
  await visitor.goto(link)
  await visitor.getByRole('heading', { name: 'Download your data' }).waitFor()
  expect(visitor.url()).not.toContain('#')
  expect(await violations(visitor)).toEqual([])
  await visitor.reload()
  await visitor.getByRole('heading', { name: 'Open the link from the mail' }).waitFor()

  await visitor.goto(link)
  const coming = visitor.waitForEvent('download')
  await visitor.getByRole('button', { name: 'Download my data' }).click()
  const file = await coming
  expect(file.suggestedFilename()).toBe('tenon-data.json')
  const held = await contentOf(file)
  expect(held).toMatchObject({
    account: [{ id: ada.id, email: ada.email, username: ada.username, name: ada.name }],
    posts: [{ id: post.id, title: post.title, body: post.body }],
  })
  await visitor.getByRole('heading', { name: 'Your data is downloaded' }).waitFor()
  expect(await violations(visitor)).toEqual([])

  const again = visitor.waitForEvent('download')
  await visitor.getByRole('button', { name: 'Save the file again' }).click()
  expect(await contentOf(await again)).toEqual(held)

  await visitor.goto('about:blank')
  await visitor.goto(link)
  await visitor.getByRole('button', { name: 'Download my data' }).click()
  await visitor.getByRole('heading', { name: 'This link is no longer valid' }).waitFor()
  expect(await violations(visitor)).toEqual([])
})

test('a link to an export that is too old gives nothing', async ({ page, problems }) => {
  problems.expectStatus(400)
  const ada = await register('ada')
  await ada.client.users.export.mutate()
  const token = await mailedToken(ada.email, '/export')
  await expireLinks(ada)
  await page.goto(`/export#token=${token}`)
  await page.getByRole('button', { name: 'Download my data' }).click()
  await page.getByRole('heading', { name: 'This link is no longer valid' }).waitFor()
  await page.getByRole('link', { name: 'Ask for a new one' }).waitFor()
})
