import { expect } from 'vitest'
import { suspend } from './support/database.ts'
import { enter, mailedToken, password, publish, register, signIn, unusedName } from './support/people.ts'
import { test } from './support/stage.ts'

test('what a field wants is said before anything is sent', async ({ page }) => {
  await page.goto('/sign-up')
  await page.getByLabel('Username').fill('a b')
  await page.getByRole('button', { name: 'Create account' }).click()

  await page.getByText('Enter your e-mail address.').waitFor()
  await page.getByText('Only letters from A to Z').waitFor()
  await page.getByText('Enter a password.').waitFor()
  const email = page.getByLabel('E-mail')
  expect(await email.getAttribute('aria-invalid')).toBe('true')
  expect(await email.evaluate((input) => input === document.activeElement)).toBe(true)
})

test('a taken address and a taken username are told at their fields', async ({ page, problems }) => {
  problems.expectStatus(409)
  const ada = await register('ada')
  await page.goto('/sign-up')
  await page.getByLabel('E-mail').fill(ada.email)
  await page.getByLabel('Username').fill(unusedName('bob'))
  await page.getByLabel('Password', { exact: true }).fill(password)
  await page.getByRole('button', { name: 'Create account' }).click()
  await page.getByText('This address already has an account.').waitFor()

  await page.getByLabel('E-mail').fill(`${unusedName('bob')}@example.com`)
  await page.getByLabel('Username').fill(ada.username.toUpperCase())
  await page.getByRole('button', { name: 'Create account' }).click()
  await page.getByText('This username is taken.').waitFor()
  expect(await page.getByLabel('Username').getAttribute('aria-invalid')).toBe('true')
  expect(await page.getByLabel('E-mail').getAttribute('aria-invalid')).toBe(null)
})

test('a forgotten password is set anew by the mailed link, which works once', async ({ page, problems }) => {
  problems.expectStatus(400, 401)
  const ada = await register('ada')
  await page.goto('/sign-in')
  await page.getByRole('link', { name: 'Forgot your password?' }).click()
  await page.getByRole('heading', { name: 'Forgot your password?' }).waitFor()
  await page.getByLabel('E-mail').fill(ada.email)
  await page.getByRole('button', { name: 'Send the link' }).click()
  await page.getByText('a link is on its way').waitFor()

  const link = `/reset#token=${await mailedToken(ada.email, '/reset')}`
  await page.goto('/reset')
  await page.getByText('Open the link from the mail').waitFor()
  await page.goto(link)
  await page.getByLabel('New password', { exact: true }).fill('Another8Horse')
  expect(page.url()).not.toContain('#')
  await page.getByRole('button', { name: 'Set password' }).click()
  await page.getByText('Your password is set').waitFor()

  await page.goto('about:blank')
  await page.goto(link)
  await page.getByLabel('New password', { exact: true }).fill('Another9Horse')
  await page.getByRole('button', { name: 'Set password' }).click()
  await page.getByText('This link is no longer valid').waitFor()

  await page.goto('/sign-in')
  await signIn(page, ada)
  await page.getByText('The e-mail or the password is not right.').waitFor()
  await signIn(page, ada, 'Another8Horse')
  await page.getByRole('heading', { name: 'Posts', level: 1 }).waitFor()
})

test('a mailed link that lost its token says what to do', async ({ page }) => {
  for (const address of ['/verify', '/reset', '/confirm-email', '/undo-email', '/export', '/verify#token=']) {
    await page.goto(address)
    await page.getByRole('heading', { name: 'Open the link from the mail' }).waitFor()
  }
})

test('somebody unverified is reminded, keeps a text as a draft, and publishes once confirmed', async ({
  page,
}) => {
  const bob = await register('bob', { isVerified: false })
  await enter(page, bob)
  const notice = page.getByRole('region', { name: 'Address not confirmed' })
  await notice.getByRole('button', { name: 'Send a new link' }).click()
  await notice.getByText('A new link is on its way.').waitFor()

  await page.getByRole('link', { name: 'Write', exact: true }).click()
  await page.getByLabel('Title').fill('Too early')
  await page.getByRole('button', { name: 'Publish' }).click()
  await page.getByText('Saved as a draft').waitFor()
  await page.waitForURL('**/edit')

  const edit = page.url()
  await page.goto(`/verify#token=${await mailedToken(bob.email, '/verify')}`)
  await page.getByRole('button', { name: 'Confirm my address' }).click()
  await page.getByText('Your address is confirmed').waitFor()
  await page.goto(edit)
  await page.getByRole('button', { name: 'Publish' }).click()
  await page.getByRole('heading', { name: 'Too early', level: 1 }).waitFor()
  expect(await notice.count()).toBe(0)
})

test('a new name stands on the profile and beside the posts', async ({ page, problems }) => {
  problems.expectStatus(409)
  const [ada, bob] = [await register('ada'), await register('bob')]
  const post = await publish(ada, 'Signed with a name')
  await enter(page, ada)
  await page.getByRole('link', { name: 'Profile', exact: true }).click()

  await page.getByLabel('Username').fill(bob.username)
  await page.getByRole('button', { name: 'Save profile' }).click()
  await page.getByText('This username is taken.').waitFor()

  await page.getByLabel('Username').fill(ada.username)
  await page.getByLabel(/^Name/).fill('Countess of Lovelace')
  await page.getByRole('button', { name: 'Save profile' }).click()
  await page.getByText('Profile saved').waitFor()

  await page.getByRole('link', { name: 'public profile', exact: true }).click()
  await page.getByRole('heading', { name: 'Countess of Lovelace' }).waitFor()
  await page.getByRole('link', { name: post.title }).click()
  await page.getByRole('main').getByRole('link', { name: 'Countess of Lovelace' }).waitFor()
})

test('a changed password needs the current one and ends the other sessions', async ({
  page,
  open,
  problems,
}) => {
  problems.expectStatus(401)
  const ada = await register('ada')
  const elsewhere = await open()
  await enter(page, ada)
  await enter(elsewhere, ada)

  await page.goto('/settings')
  await page.getByLabel('Current password').fill('Wrong7Horse')
  await page.getByLabel('New password', { exact: true }).fill('Another8Horse')
  await page.getByRole('button', { name: 'Change password' }).click()
  await page.getByText('The current password is not right.').waitFor()
  await page.getByLabel('Current password').fill(password)
  await page.getByRole('button', { name: 'Change password' }).click()
  await page.getByText('Password changed').waitFor()
  expect(await page.getByLabel('Current password').inputValue()).toBe('')

  await elsewhere.goto('/drafts')
  await elsewhere.getByRole('heading', { name: 'Sign in to Tenon' }).waitFor()
  await page.goto('/drafts')
  await page.getByRole('heading', { name: 'Drafts', level: 1 }).waitFor()
})

test('a password that is guessed first, or holds its own name, is refused at its field', async ({
  page,
  problems,
}) => {
  problems.expectStatus(400)
  const username = unusedName('ada')
  await page.goto('/sign-up')
  await page.getByLabel('E-mail').fill(`${username}@example.com`)
  await page.getByLabel('Username').fill(username)
  const field = page.getByLabel('Password', { exact: true })
  await field.fill('Password123')
  await page.getByRole('button', { name: 'Create account' }).click()
  await page.getByText('Is one of the most common passwords').waitFor()
  expect(await field.getAttribute('aria-invalid')).toBe('true')
  expect(await page.getByRole('alert').count()).toBe(0)

  await field.fill(`X7-${username}`)
  await page.getByRole('button', { name: 'Create account' }).click()
  await page.getByText('Contains your name or address').waitFor()

  const ada = await register('ada')
  await enter(page, ada)
  await page.goto('/settings')
  await page.getByLabel('Current password').fill(password)
  await page.getByLabel('New password', { exact: true }).fill(`X7-${ada.username}`)
  await page.getByRole('button', { name: 'Change password' }).click()
  await page.getByText('Contains your name or address').waitFor()
  const [current, next] = [
    page.getByLabel('Current password'),
    page.getByLabel('New password', { exact: true }),
  ]
  expect(await next.getAttribute('aria-invalid')).toBe('true')
  expect(await current.getAttribute('aria-invalid')).toBe(null)
})

test('who is suspended is told so, after the right password only', async ({ page, problems }) => {
  problems.expectStatus(401, 403)
  const bob = await register('bob')
  await suspend(bob)
  await page.goto('/sign-in')
  await signIn(page, bob, 'Wrong7Horse')
  await page.getByText('The e-mail or the password is not right.').waitFor()
  await signIn(page, bob)
  await page.getByText('This account is suspended.').waitFor()
})
