import type { Locator, Page } from 'playwright-core'
import { expect } from 'vitest'
import { violations } from './support/axe.ts'
import { ageSessions } from './support/database.ts'
import { enter, mailedToken, password, register, type Person } from './support/people.ts'
import { test } from './support/stage.ts'

const isFocused = (element: Locator) => element.evaluate((node) => node === document.activeElement)

const questionOn = (page: Page) => page.getByRole('alertdialog', { name: 'Is it you?' })

async function give(page: Page, given: string) {
  await questionOn(page).getByLabel('Password', { exact: true }).fill(given)
  await page.keyboard.press('Enter')
}

async function settingsLongAfterSigningIn(page: Page, person: Person) {
  await enter(page, person)
  await ageSessions(person)
  await page.goto('/settings')
}

async function askForAddress(page: Page, email: string) {
  await page.getByLabel('New e-mail address').fill(email)
  await page.getByRole('button', { name: 'Change address' }).click()
  await questionOn(page).waitFor()
}

test('long after signing in, a new address wants the password, and then goes through as typed', async ({
  page,
  problems,
}) => {
  problems.expectStatus(401, 403)
  const ada = await register('ada')
  await settingsLongAfterSigningIn(page, ada)
  const email = `new.${ada.email}`
  await askForAddress(page, email)
  const typed = questionOn(page).getByLabel('Password', { exact: true })
  await expect.poll(() => isFocused(typed)).toBe(true)
  expect(await violations(page)).toEqual([])

  await give(page, 'Wrong7Horse')
  await questionOn(page).getByText('The password is not right.').waitFor()
  await give(page, password)
  await page.getByText(`We mailed a link to ${email}.`).waitFor()
  await questionOn(page).waitFor({ state: 'detached' })
  await mailedToken(email, '/confirm-email')
  await expect.poll(() => isFocused(page.getByLabel('New e-mail address'))).toBe(true)

  await page.getByLabel('New e-mail address').fill(`newer.${ada.email}`)
  await page.getByRole('button', { name: 'Change address' }).click()
  await page.getByText(`We mailed a link to newer.${ada.email}.`).waitFor()
})

test('closing the question leaves the form as it was, and asks again at the next try', async ({
  page,
  problems,
}) => {
  problems.expectStatus(401, 403)
  const ada = await register('ada')
  await settingsLongAfterSigningIn(page, ada)
  await askForAddress(page, `new.${ada.email}`)
  await give(page, 'Wrong7Horse')
  await questionOn(page).getByRole('alert').waitFor()
  await page.keyboard.press('Escape')
  await questionOn(page).waitFor({ state: 'detached' })

  await expect.poll(() => isFocused(page.getByRole('button', { name: 'Change address' }))).toBe(true)
  expect(await page.getByLabel('New e-mail address').inputValue()).toBe(`new.${ada.email}`)
  expect(await page.getByRole('main').getByRole('alert').count()).toBe(0)
  await page.getByRole('button', { name: 'Change address' }).click()
  await questionOn(page).waitFor()
  expect(await questionOn(page).getByRole('alert').count()).toBe(0)
  expect(await questionOn(page).getByLabel('Password', { exact: true }).inputValue()).toBe('')
  await questionOn(page).getByRole('button', { name: 'Cancel' }).click()
  await questionOn(page).waitFor({ state: 'detached' })
  expect(await page.getByLabel('New e-mail address').inputValue()).toBe(`new.${ada.email}`)
})

test('long after signing in, a new password keeps what was typed while the old one is asked for', async ({
  page,
  problems,
}) => {
  problems.expectStatus(403)
  const ada = await register('ada')
  await settingsLongAfterSigningIn(page, ada)
  await page.getByLabel('Current password').fill(password)
  await page.getByLabel('New password', { exact: true }).fill('Another8Horse')
  await page.getByRole('button', { name: 'Change password' }).click()
  await give(page, password)
  await page.getByText('Password changed').waitFor()
})

test('long after signing in, deleting asks over its own question, which stays when that is closed', async ({
  page,
  problems,
}) => {
  problems.expectStatus(403)
  const ada = await register('ada')
  await settingsLongAfterSigningIn(page, ada)
  await page.getByRole('button', { name: 'Delete my account' }).click()
  const deletion = page.getByRole('alertdialog', { name: 'Delete your account?' })
  await deletion.getByRole('textbox').fill(ada.username)
  await deletion.getByRole('button', { name: 'Delete account' }).click()
  await questionOn(page).waitFor()
  expect(await violations(page)).toEqual([])
  await page.keyboard.press('Escape')
  await questionOn(page).waitFor({ state: 'detached' })

  expect(await deletion.getByRole('textbox').inputValue()).toBe(ada.username)
  expect(await deletion.getByRole('alert').count()).toBe(0)
  await deletion.getByRole('button', { name: 'Delete account' }).click()
  await give(page, password)
  await page.getByText('Your account is deleted').waitFor()
})

test('going back in the history leaves the question behind, and nothing is done', async ({
  page,
  problems,
}) => {
  problems.expectStatus(403)
  const ada = await register('ada')
  await enter(page, ada)
  await ageSessions(ada)
  await page.getByRole('link', { name: 'Drafts', exact: true }).click()
  await page.getByRole('heading', { name: 'Drafts', level: 1 }).waitFor()
  await page.getByRole('link', { name: 'Profile', exact: true }).click()
  await askForAddress(page, `new.${ada.email}`)
  await page.goBack()
  await questionOn(page).waitFor({ state: 'detached' })
  await page.getByRole('heading', { name: 'Drafts', level: 1 }).waitFor()
})

test('too many guesses are told in the question, with the time to wait', async ({ page, problems }) => {
  problems.expectStatus(403, 429)
  const ada = await register('ada')
  await settingsLongAfterSigningIn(page, ada)
  const message = 'Too many requests.'
  const data = { code: 'RATE_LIMITED', message, details: { retryAfterSeconds: 840 }, requestId: 'req-1' }
  const error = { error: { code: -32029, message, data: { ...data, httpStatus: 429 } } }
  await page.route('**/trpc/auth.reauthenticate*', (route) =>
    route.fulfill({ status: 429, headers: { 'retry-after': '840' }, json: [error] }),
  )
  await askForAddress(page, `new.${ada.email}`)
  await give(page, password)
  await questionOn(page).getByText('Try again in 14 minutes.').waitFor()
})

test('a session that ends while the password is asked for says so', async ({ page, problems }) => {
  problems.expectStatus(401, 403)
  const ada = await register('ada')
  await settingsLongAfterSigningIn(page, ada)
  await askForAddress(page, `new.${ada.email}`)
  await ada.client.auth.sessions.revokeOthers.mutate()
  await give(page, password)
  await questionOn(page).getByText('You are signed out.').waitFor()
  await page.keyboard.press('Escape')
  await page.getByText('Your session has ended.').waitFor()
})
