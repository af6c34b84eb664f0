import { noticeTemplates } from './notices.ts'
import { digestMail, notificationMail } from './notifications.ts'
import { writeMail, type Site, type Template, type WrittenMail } from './template.ts'
import { mailTemplates } from './templates.ts'

/** Every mail that Tenon sends. */
export const mailCatalogue: readonly Template<unknown>[] = [
  ...Object.values(mailTemplates),
  ...new Set(Object.values(noticeTemplates)),
  notificationMail,
  digestMail,
]

/** A mail as it is with its example. */
export function previewMail(name: string, site: Site): WrittenMail | undefined {
  const template = mailCatalogue.find((candidate) => candidate.name === name)
  return template && writeMail(template, site, template.example)
}
