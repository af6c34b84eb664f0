import { cut } from './cut.ts'
import { defineMail, greet, type Person } from './template.ts'

const page = '/notifications'
const settings = '/settings/notifications'

const closing =
  'You get this mail because you have an account here. Choose what is mailed to you in your settings.'

interface Told {
  title: string
  text: string
  /** On the site. */
  path: string | null
}

/** At once. */
export const notificationMail = defineMail({
  name: 'notification',
  example: {
    username: 'ada',
    title: 'bob published a post',
    text: 'On the Analytical Engine',
    path: '/posts/0198c5f2-6a52-7c3e-9d0a-3b1f6c2e8a44',
  } as Person & Told,
  letter: ({ title, text, path, ...person }, { publicUrl }) => ({
    subject: title,
    paragraphs: [greet(person), text],
    action: { label: path ? 'Read it' : 'See my notifications', url: publicUrl + (path ?? page) },
    closing,
    unsubscribeUrl: publicUrl + settings,
  }),
})

/** Once a day. */
export const digestMail = defineMail({
  name: 'digest',
  example: {
    username: 'ada',
    items: [
      { title: 'bob published a post', text: 'On the Analytical Engine', path: '/posts/1' },
      { title: 'carol published a post', text: 'On looms', path: '/posts/2' },
    ],
    hasMore: true,
  } as Person & { items: Told[]; hasMore: boolean },
  letter: ({ items, hasMore, ...person }, { publicUrl }) => ({
    subject:
      items.length === 1
        ? 'You missed something'
        : `You missed ${hasMore ? 'more than ' : ''}${items.length} things`,
    paragraphs: [greet(person), 'Since the last of these mails:'],
    items: items.map(({ title, text, path }) => ({
      text: `${title}: ${firstLine(text)}`,
      ...(path && { url: publicUrl + path }),
    })),
    action: { label: 'See all of them', url: publicUrl + page },
    closing,
    unsubscribeUrl: publicUrl + settings,
  }),
})

/** A message may be long; the digest only names it. */
function firstLine(text: string): string {
  const line = text.trim().split(/\r?\n/, 1)[0] ?? ''
  return line.length > 120 ? `${cut(line, 119)}…` : line
}
