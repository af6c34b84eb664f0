import { expect } from 'vitest'
import { password, unusedName } from './support/people.ts'
import { test } from './support/stage.ts'

test('somebody new signs up, confirms by mail, writes, publishes, and is read', async ({
  page,
  problems,
}) => {
  // Between the answer and the page that shows nobody, what is somebody's may be asked for once more.
  problems.expectStatus(401)
  const username = unusedName('ada')
  const email = `${username}@example.com`
  const title = `On engines, by ${username}`

  await page.goto('/')
  await page.getByRole('link', { name: 'Create account' }).click()
  await page.getByLabel('E-mail').fill(email)
  await page.getByLabel('Username').fill(username)
  await page.getByLabel(/^Name/).fill('Ada Lovelace')
  await page.getByLabel('Password', { exact: true }).fill(password)
  await page.getByRole('button', { name: 'Create account' }).click()
  await page.getByRole('heading', { name: 'Check your mail' }).waitFor()
  expect(await page.getByText(email).isVisible()).toBe(true)

  const mailbox = await page.context().newPage()
  await expect
    .poll(async () => (await mailbox.goto(`/dev/mail?to=${email}`)) && mailbox.locator('details').count())
    .not.toBe(0)
  const opened = page.context().waitForEvent('page')
  await mailbox.frameLocator('iframe').first().getByRole('link').first().click()
  const verify = await opened
  await verify.getByRole('button', { name: 'Confirm my address' }).click()
  await verify.getByRole('heading', { name: 'Your address is confirmed' }).waitFor()
  expect(verify.url()).not.toContain('token')

  await verify.getByRole('link', { name: 'Sign in' }).click()
  await verify.getByLabel('E-mail').fill(email)
  await verify.getByLabel('Password', { exact: true }).fill(password)
  await verify.getByRole('button', { name: 'Sign in' }).click()

  await verify.getByRole('link', { name: 'Write', exact: true }).click()
  await verify.getByLabel('Title').fill(title)
  await verify.getByLabel('Text').fill('It can do whatever we know how to order it to perform.')
  await verify.getByRole('button', { name: 'Publish' }).click()
  await verify.getByRole('heading', { name: title, level: 1 }).waitFor()

  await verify.getByRole('link', { name: 'Posts', exact: true }).click()
  await verify.getByRole('list', { name: 'Posts' }).getByRole('link', { name: title }).waitFor()

  await verify.getByRole('button', { name: 'Sign out' }).click()
  await verify.getByText('You are signed out').waitFor()
  await verify.getByRole('link', { name: 'Sign in' }).waitFor()

  await page.goto('/')
  await page.getByRole('link', { name: title }).click()
  await page.getByText('It can do whatever we know').waitFor()
})
