import { expect } from 'vitest'
import { enter, publish, register, signIn } from './support/people.ts'
import { test } from './support/stage.ts'

test('a draft is listed for its author, hidden from others, and published when ready', async ({
  page,
  open,
  problems,
}) => {
  problems.expectStatus(404)
  const ada = await register('ada')
  await enter(page, ada)
  await page.goto('/drafts')
  await page.getByText('No drafts').waitFor()
  await page.getByRole('link', { name: 'Write something' }).click()
  await page.getByLabel('Title').fill('Half a thought')
  await page.getByRole('button', { name: 'Save draft' }).click()
  await page.getByText('Draft, saved just now').waitFor()
  await page.waitForURL('**/edit')
  const address = page.url().replace(/\/edit$/, '')

  const stranger = await open()
  await stranger.goto(address)
  await stranger.getByRole('heading', { name: 'There is nothing here' }).waitFor()

  await page.getByRole('link', { name: 'Drafts', exact: true }).click()
  await page.getByRole('link', { name: 'Half a thought' }).click()
  await page.getByLabel('Text').fill('And the other half.')
  await page.getByRole('button', { name: 'Publish' }).click()
  await page.getByRole('heading', { name: 'Half a thought', level: 1 }).waitFor()
  await stranger.reload()
  await stranger.getByText('And the other half.').waitFor()
})

test('a text that was saved elsewhere meanwhile is not overwritten unknowingly', async ({
  page,
  problems,
}) => {
  problems.expectStatus(409)
  const ada = await register('ada')
  const post = await publish(ada, 'First words')
  await enter(page, ada)
  await page.goto(`/posts/${post.id}/edit`)
  await page.getByLabel('Text').fill('Mine.')
  const { version } = await ada.client.posts.update.mutate({
    id: post.id,
    version: post.version,
    body: 'Theirs.',
  })
  await page.getByRole('button', { name: 'Save changes' }).click()

  const dialog = page.getByRole('alertdialog', { name: 'It was saved somewhere else' })
  await dialog.getByText('Theirs.').waitFor()
  await dialog.getByRole('button', { name: 'Keep editing' }).click()
  expect(await page.getByLabel('Text').inputValue()).toBe('Mine.')
  await page.getByRole('button', { name: 'Save changes' }).click()
  await page.getByText('Published, changed just now').waitFor()
  expect(await ada.client.posts.get.query({ id: post.id })).toMatchObject({
    body: 'Mine.',
    version: version + 1,
  })

  await page.getByLabel('Text').fill('Mine again.')
  await ada.client.posts.update.mutate({ id: post.id, version: version + 1, body: 'Theirs again.' })
  await page.getByRole('button', { name: 'Save changes' }).click()
  await dialog.getByRole('button', { name: 'Load theirs' }).click()
  await expect.poll(() => page.getByLabel('Text').inputValue()).toBe('Theirs again.')
})

test('a deleted post comes back with undo', async ({ page }) => {
  const ada = await register('ada')
  const post = await publish(ada, `Kept after all, ${ada.username}`)
  await enter(page, ada)
  const inFeed = page.getByRole('list', { name: 'Posts' }).getByRole('link', { name: post.title })
  await inFeed.click()
  await page.getByRole('button', { name: 'Delete' }).click()
  const dialog = page.getByRole('alertdialog', { name: 'Delete this post?' })
  await dialog.getByRole('button', { name: 'Delete' }).click()

  await page.getByText('Post deleted').waitFor()
  await page.getByRole('heading', { name: 'Posts', level: 1 }).waitFor()
  await inFeed.waitFor({ state: 'detached' })
  await page.getByRole('button', { name: 'Undo' }).click()
  await page.getByText('Post restored').waitFor()
  await inFeed.waitFor()
})

test('leaving an unsaved text asks first', async ({ page }) => {
  const ada = await register('ada')
  await enter(page, ada)
  await page.goto('/posts/new')
  await page.getByLabel('Title').fill('Nowhere else')
  await page.getByRole('link', { name: 'Drafts', exact: true }).click()

  const dialog = page.getByRole('alertdialog', { name: 'Leave without saving?' })
  await dialog.getByRole('button', { name: 'Cancel' }).click()
  expect(await page.getByLabel('Title').inputValue()).toBe('Nowhere else')
  await page.getByRole('link', { name: 'Drafts', exact: true }).click()
  await dialog.getByRole('button', { name: 'Leave' }).click()
  await page.getByRole('heading', { name: 'Drafts', level: 1 }).waitFor()
})

test('Ctrl+S saves, and the title comes first', async ({ page }) => {
  const ada = await register('ada')
  await enter(page, ada)
  await page.goto('/posts/new')
  await page.getByLabel('Text').fill('A body without a head.')
  await page.keyboard.press('Control+s')
  await page.getByText('Give it a title first.').waitFor()
  await page.keyboard.type('Head')
  await page.keyboard.press('Control+s')
  await page.getByText('Draft, saved just now').waitFor()
})

test('a text being written survives the end of its session', async ({ page, problems }) => {
  problems.expectStatus(401)
  const ada = await register('ada')
  await enter(page, ada)
  await page.goto('/posts/new')
  await page.getByLabel('Title').fill('Still here')
  await ada.client.auth.sessions.revokeOthers.mutate()
  await page.getByRole('button', { name: 'Save draft' }).click()
  await page.getByText('Your session has ended.').waitFor()
  expect(await page.getByLabel('Title').inputValue()).toBe('Still here')

  const opened = page.context().waitForEvent('page')
  await page.getByRole('link', { name: 'Sign in in a new tab' }).click()
  const tab = await opened
  await signIn(tab, ada)
  await tab.getByLabel('Title').waitFor()
  await page.getByText('Your session has ended.').waitFor({ state: 'detached' })
  await page.getByRole('button', { name: 'Save draft' }).click()
  await page.getByText('Draft, saved just now').waitFor()
})

test("nobody edits somebody else's post", async ({ page }) => {
  const [ada, bob] = [await register('ada'), await register('bob')]
  const post = await publish(ada, 'Mine alone')
  await enter(page, bob)
  await page.goto(`/posts/${post.id}`)
  await page.getByRole('heading', { name: 'Mine alone' }).waitFor()
  expect(await page.getByRole('button', { name: 'Delete' }).count()).toBe(0)
  await page.goto(`/posts/${post.id}/edit`)
  await page.getByRole('heading', { name: 'There is nothing here' }).waitFor()
})
