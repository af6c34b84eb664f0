import { expect } from 'vitest'
import { violations } from './support/axe.ts'
import { expireLinks } from './support/database.ts'
import { enter, mailedToken, register, signIn, type Person } from './support/people.ts'
import { test } from './support/stage.ts'

const newEmailOf = ({ email }: Person) => `new.${email}`

/** Past the pages; the links are on their way then. */
async function askForNewAddress(person: Person) {
  const email = newEmailOf(person)
  await person.client.auth.email.change.mutate({ email })
  return {
    confirm: `/confirm-email#token=${await mailedToken(email, '/confirm-email')}`,
    undo: `/undo-email#token=${await mailedToken(person.email, '/undo-email')}`,
  }
}

test('a new address counts once its link was opened, and the old one signs in until then', async ({
  page,
  open,
  problems,
}) => {
  problems.expectStatus(400, 401)
  const ada = await register('ada')
  const email = newEmailOf(ada)
  await enter(page, ada)
  await page.goto('/settings')
  await page.getByLabel('New e-mail address').fill(ada.email.toUpperCase())
  await page.getByRole('button', { name: 'Change address' }).click()
  await page.getByText('This is your address already.').waitFor()
  await page.getByLabel('New e-mail address').fill(email)
  await page.getByRole('button', { name: 'Change address' }).click()
  await page
    .getByText(`We mailed a link to ${email}. Until you open it, your present address stays.`)
    .waitFor()
  expect(await page.getByLabel('New e-mail address').inputValue()).toBe('')

  const elsewhere = await open()
  await enter(elsewhere, ada)
  const link = `/confirm-email#token=${await mailedToken(email, '/confirm-email')}`
  await page.goto(link)
  await page.getByRole('heading', { name: 'Confirm your new address' }).waitFor()
  expect(page.url()).not.toContain('#')
  expect(await violations(page)).toEqual([])
  expect((await ada.client.users.me.query()).email).toBe(ada.email)
  await page.keyboard.press('Enter')
  await page.getByRole('heading', { name: 'Your new address is confirmed' }).waitFor()
  expect(await violations(page)).toEqual([])
  await page.getByRole('link', { name: 'Go to your profile' }).click()
  await page.getByRole('complementary').getByText(email).waitFor()

  await page.goto('about:blank')
  await page.goto(link)
  await page.getByRole('button', { name: 'Use this address' }).click()
  await page.getByRole('heading', { name: 'This link is no longer valid' }).waitFor()
  expect(await violations(page)).toEqual([])

  const anew = await open()
  await anew.goto('/sign-in')
  await signIn(anew, ada)
  await anew.getByText('The e-mail or the password is not right.').waitFor()
  await signIn(anew, { ...ada, email })
  await anew.getByRole('heading', { name: 'Posts', level: 1 }).waitFor()
})

test('an address that has an account is not told apart', async ({ page }) => {
  const [ada, bob] = [await register('ada'), await register('bob')]
  await enter(page, ada)
  await page.goto('/settings')
  await page.getByLabel('New e-mail address').fill(bob.email)
  await page.getByRole('button', { name: 'Change address' }).click()
  await page.getByText(`We mailed a link to ${bob.email}.`).waitFor()
})

test('a change that was not hers is undone from the old address, which gets a link to a new password', async ({
  page,
  open,
  problems,
}) => {
  problems.expectStatus(400, 401)
  const ada = await register('ada')
  await enter(page, ada)
  const { confirm, undo } = await askForNewAddress(ada)
  await page.goto(confirm)
  await page.getByRole('button', { name: 'Use this address' }).click()
  await page.getByRole('heading', { name: 'Your new address is confirmed' }).waitFor()
  const thief = await open()
  await enter(thief, { ...ada, email: newEmailOf(ada) })

  const otherTab = await page.context().newPage()
  await otherTab.goto('/')
  await otherTab.getByText(newEmailOf(ada)).waitFor()

  await page.goto(undo)
  await page.getByRole('heading', { name: 'Undo the change of your address?' }).waitFor()
  expect(await violations(page)).toEqual([])
  expect((await ada.client.users.me.query()).email).toBe(newEmailOf(ada))
  await page.getByRole('button', { name: 'Undo the change' }).click()
  await page.getByRole('heading', { name: 'The change is undone' }).waitFor()
  expect(await violations(page)).toEqual([])

  await otherTab.getByRole('complementary').getByRole('link', { name: 'Create account' }).waitFor()
  await thief.getByRole('complementary').getByRole('link', { name: 'Create account' }).waitFor()
  await page.goto(`/reset#token=${await mailedToken(ada.email, '/reset')}`)
  await page.getByLabel('New password', { exact: true }).fill('Another8Horse')
  await page.getByRole('button', { name: 'Set password' }).click()
  await page.getByRole('link', { name: 'Sign in' }).click()
  await signIn(page, ada, 'Another8Horse')
  await page.getByRole('heading', { name: 'Posts', level: 1 }).waitFor()

  await page.goto(undo)
  await page.getByRole('button', { name: 'Undo the change' }).click()
  await page.getByRole('heading', { name: 'This link is no longer valid' }).waitFor()
  expect(await violations(page)).toEqual([])
  await page.getByRole('link', { name: 'Set a new password' }).click()
  await page.getByRole('heading', { name: 'Forgot your password?' }).waitFor()
})

test('links that are too old say so, and change nothing', async ({ page, problems }) => {
  problems.expectStatus(400)
  const ada = await register('ada')
  const { confirm, undo } = await askForNewAddress(ada)
  await expireLinks(ada)
  await page.goto(confirm)
  await page.getByRole('button', { name: 'Use this address' }).click()
  await page.getByRole('heading', { name: 'This link is no longer valid' }).waitFor()
  await page.goto(undo)
  await page.getByRole('button', { name: 'Undo the change' }).click()
  await page.getByRole('heading', { name: 'This link is no longer valid' }).waitFor()
  expect((await ada.client.users.me.query()).email).toBe(ada.email)
})

test('a link that a proxy kept from being redeemed is redeemed at the next press', async ({ page }) => {
  const ada = await register('ada')
  const { confirm } = await askForNewAddress(ada)
  await page.goto(confirm)
  await page.route('**/trpc/auth.email.confirmChange*', (route) =>
    route.fulfill({ status: 200, contentType: 'text/html', body: '' }),
  )
  await page.getByRole('button', { name: 'Use this address' }).click()
  await page.getByRole('alert').waitFor()
  await page.unroute('**/trpc/auth.email.confirmChange*')
  await page.getByRole('button', { name: 'Use this address' }).click()
  await page.getByRole('heading', { name: 'Your new address is confirmed' }).waitFor()
})
