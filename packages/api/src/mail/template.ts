import type { Settings } from '../deps.ts'
import { layout, type Letter } from './layout.ts'
import type { Mail } from './mailer.ts'

/** What a mail may say of the site that sends it. */
export type Site = Pick<Settings, 'publicUrl' | 'verificationHours' | 'resetMinutes'>

/** A mail as a value: what it is given, and what it says then. */
export interface Template<Given> {
  /** Its address in the preview: `/dev/mail/templates/{name}`. */
  name: string
  /** What the preview is given. */
  example: Given
  letter(given: Given, site: Site): Letter
}

/**
 * The type of `example` is what the mail has to be given. List it in `catalogue.ts`.
 * @example await mailer.send({ to, key, ...writeMail(verifyMail, settings, { username, token }) })
 */
export const defineMail = <Given>(template: Template<Given>): Template<Given> => template

export type WrittenMail = Omit<Mail, 'to' | 'key'>

export function writeMail<Given>(template: Template<Given>, site: Site, given: Given): WrittenMail {
  const letter = template.letter(given, site)
  const { subject, unsubscribeUrl } = letter
  return { subject, ...layout(site.publicUrl, letter), ...(unsubscribeUrl && { unsubscribeUrl }) }
}

export interface Person {
  username: string
}

// By the username, which is letters and digits: a name is a stranger's text, and this goes to whatever address they gave.
export const greet = ({ username }: Person) => `Hello ${username},`
