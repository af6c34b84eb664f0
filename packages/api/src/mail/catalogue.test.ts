import { expect, it } from 'vitest'
import { auditActions } from '../audit/actions.ts'
import { mailCatalogue, previewMail } from './catalogue.ts'
import { noticeTemplates } from './notices.ts'
import { digestMail, notificationMail } from './notifications.ts'
import { defineMail, writeMail } from './template.ts'

const site = { publicUrl: 'https://tenon.example', verificationHours: 24, resetMinutes: 15 }
const names = mailCatalogue.map(({ name }) => name)

/** Addresses that a mail client would open or load. */
const addressesIn = (html: string) =>
  [...html.matchAll(/(?:href|src|background|action)="([^"]*)"|url\(([^)]*)\)/g)].map(
    ([, attribute, style]) => attribute ?? style,
  )

it('each mail has a name of its own that fits into an address', () => {
  expect(new Set(names).size).toBe(names.length)
  for (const name of names) expect(name).toMatch(/^[a-z]+(-[a-z]+)*$/)
  expect(names).toEqual(expect.arrayContaining(['verify', 'reset', 'change', 'undo', 'export']))
})

it('each notice is in the catalogue', () => {
  for (const action of auditActions)
    if (noticeTemplates[action]) expect(names).toContain(noticeTemplates[action].name)
})

it.each(names)('%s is whole with its example, as HTML and as text', (name) => {
  const { subject, html, text } = previewMail(name, site)!
  expect(subject).toMatch(/^[^\r\n]{3,78}$/)
  for (const part of [html, text]) {
    expect(part).not.toMatch(/undefined|null|NaN|\[object/)
    expect(part).toContain('https://tenon.example')
  }
  expect(html).toContain(`<title>${subject}</title>`)
  expect(text).not.toMatch(/<\w|&\w+;/)
})

it.each(names)('%s loads nothing, runs nothing, and leads nowhere but here', (name) => {
  const { html } = previewMail(name, site)!
  for (const address of addressesIn(html)) expect(address).toMatch(/^https:\/\/tenon\.example(\/|$)/)
  expect(html).not.toMatch(/<(script|img|link|iframe|form|object|svg|base)\b|\son\w+=|@import/i)
})

it('a mail that is not in the catalogue has no preview', () => {
  expect(previewMail('nothing', site)).toBeUndefined()
})

const strange = `<img src=x onerror="a('&')">`

const digest = defineMail<{ text: string }>({
  name: 'digest',
  example: { text: strange },
  letter: ({ text }, { publicUrl }) => ({
    subject: text,
    paragraphs: [text, text],
    items: [{ text, url: `${publicUrl}/posts/1?a="b"` }, { text }],
    action: { label: text, url: `${publicUrl}/?a="b"` },
    closing: `${text}\n${text}`,
    unsubscribeUrl: `${publicUrl}/settings/notifications?a="b"`,
  }),
})

it('a stranger’s text is shown as it stands wherever a mail has room for it', () => {
  const { html, text } = writeMail(digest, site, digest.example)
  expect(html).not.toContain('<img')
  expect(html.match(/&lt;img src=x onerror=&quot;a\(&#39;&amp;&#39;\)&quot;&gt;/g)).toHaveLength(10)
  for (const address of addressesIn(html)) expect(address).not.toContain('"')
  expect(html.match(/href="[^"]*\?a=&quot;b&quot;"/g)).toHaveLength(4)
  expect(text).toContain(`- ${strange}\n  https://tenon.example/posts/1?a="b"\n- ${strange}\n`)
})

it('what may be switched off says where, to the reader and to the mail client', () => {
  const mail = writeMail(digest, site, digest.example)
  expect(mail.unsubscribeUrl).toBe('https://tenon.example/settings/notifications?a="b"')
  expect(mail.text).toContain('No more of these mails:\nhttps://tenon.example/settings/notifications')
  expect(previewMail('verify', site)).not.toHaveProperty('unsubscribeUrl')
})

it.each([0, 1])('of a text that is too long no half a character is shown, cut after %i more', (count) => {
  const text = `${'x'.repeat(count)}${'😀'.repeat(1_000)}`
  const items = [{ title: 'bob', text, path: null }]
  const mails = [
    writeMail(digestMail, site, { username: 'ada', items, hasMore: false }),
    writeMail(notificationMail, site, { username: 'ada', title: 'bob', text, path: null }),
  ]
  for (const { html, text: plain } of mails)
    expect([html.isWellFormed(), plain.isWellFormed()]).toEqual([true, true])
  expect(mails[0]!.text).toContain(`- bob: ${'x'.repeat(count)}${'😀'.repeat(59)}…\n`)
})
