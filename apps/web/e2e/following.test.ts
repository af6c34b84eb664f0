import { expect } from 'vitest'
import { enter, register } from './support/people.ts'
import { test } from './support/stage.ts'

test('whoever is signed in follows others on their page, and no longer', async ({ page }) => {
  const [ada, bob] = [await register('ada'), await register('bob')]
  await enter(page, bob)
  await page.goto(`/users/${ada.id}`)
  await page.getByRole('button', { name: 'Follow', exact: true }).click()
  await page.getByRole('button', { name: 'Unfollow' }).waitFor()
  expect(await bob.client.users.isFollowed.query({ id: ada.id })).toEqual({ isFollowed: true })
  await page.reload()
  await page.getByRole('button', { name: 'Unfollow' }).click()
  await page.getByRole('button', { name: 'Follow', exact: true }).waitFor()
  expect(await bob.client.users.isFollowed.query({ id: ada.id })).toEqual({ isFollowed: false })
})

test('nobody follows oneself, and nobody does without an account', async ({ page, open }) => {
  const bob = await register('bob')
  await enter(page, bob)
  const visitor = await open()
  for (const tab of [page, visitor]) {
    await tab.goto(`/users/${bob.id}`)
    await tab.getByRole('heading', { name: bob.name }).waitFor()
    await tab.getByText('Nothing published yet').waitFor()
    expect(await tab.getByRole('button', { name: /ollow/ }).count()).toBe(0)
  }
})

test('who has not confirmed an address is told to do so first', async ({ page, problems }) => {
  problems.expectStatus(403)
  const [ada, bob] = [await register('ada'), await register('bob', { isVerified: false })]
  await enter(page, bob)
  await page.goto(`/users/${ada.id}`)
  await page.getByRole('button', { name: 'Follow', exact: true }).click()
  await page.getByText('To follow somebody, confirm your address').first().waitFor()
  await page.getByRole('button', { name: 'Follow', exact: true }).waitFor()
})
