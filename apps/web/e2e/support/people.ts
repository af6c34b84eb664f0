import { randomBytes } from 'node:crypto'
import { createClient, type RouterOutputs, type TenonClient } from '@tenon/sdk'
import type { Page } from 'playwright-core'
import { url } from './stage.ts'

export const password = 'Correct7Horse'

export interface Person {
  id: string
  email: string
  username: string
  name: string
  /** Calls as this person, past the pages. */
  client: TenonClient
}

const names = { ada: 'Ada Lovelace', bob: 'Bob Martin', cleo: 'Cleo Patras' }

/** A name that no other test uses. */
export function unusedName(name: string): string {
  return `${name}_${randomBytes(4).toString('hex')}`
}

interface PersonOptions {
  isVerified?: boolean
}

/** Somebody who has an account, made past the pages. */
export async function register(
  who: keyof typeof names,
  { isVerified = true }: PersonOptions = {},
): Promise<Person> {
  const anonymous = createClient({ url })
  const username = unusedName(who)
  const email = `${username}@example.com`
  const { id } = await anonymous.users.create.mutate({ email, username, name: names[who], password })
  if (isVerified) await anonymous.auth.email.verify.mutate({ token: await mailedToken(email, '/verify') })
  const { token } = await anonymous.auth.signIn.mutate({ email, password, tokenInBody: true })
  return { id, email, username, name: names[who], client: createClient({ url, token: token ?? '' }) }
}

type MailedPage = '/verify' | '/reset' | '/confirm-email' | '/undo-email' | '/export'

/** The token of the newest mail to this address that leads to the page. */
export async function mailedToken(email: string, page: MailedPage): Promise<string> {
  for (
    const deadline = Date.now() + 50_000;
    Date.now() < deadline;
    await new Promise((wake) => setTimeout(wake, 50))
  ) {
    const address = `${url}/dev/mail?to=${encodeURIComponent(email)}`
    const response = await fetch(address, { headers: { accept: 'application/json' } })
    const { items } = (await response.json()) as { items: { text: string }[] }
    const token = items.map(({ text }) => new RegExp(`${page}#token=([\\w-]+)`).exec(text)?.[1]).find(Boolean)
    if (token) return token
  }
  throw new Error(`no mail to ${email} came`)
}

/** Fills in the form that is there, or comes. */
export async function signIn(page: Page, { email }: Person, givenPassword = password) {
  await page.getByRole('heading', { name: 'Sign in to Tenon' }).waitFor()
  await page.getByLabel('E-mail').fill(email)
  await page.getByLabel('Password', { exact: true }).fill(givenPassword)
  await page.getByRole('button', { name: 'Sign in' }).click()
}

/** Comes to the feed as this person. */
export async function enter(page: Page, person: Person) {
  await page.goto('/sign-in')
  await signIn(page, person)
  await page.getByRole('heading', { name: 'Posts', level: 1 }).waitFor()
}

export type Post = RouterOutputs['posts']['get']

export const publish = ({ client }: Person, title: string, body = 'Some text.'): Promise<Post> =>
  client.posts.create.mutate({ title, body, publish: true })
