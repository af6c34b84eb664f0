import { htmlLayout } from './html-layout.ts'

/** What one mail says. All of it is plain text, which may be a stranger's. */
export interface Letter {
  /** And the heading. */
  subject: string
  /** The first greets; mail clients show the second beside the subject. A line break in one is kept. */
  paragraphs: string[]
  items?: LetterItem[]
  action?: { label: string; url: string }
  closing: string
  /** A page where these mails are switched off, for those that may be. */
  unsubscribeUrl?: string
}

/** A line of a list, such as a digest. */
export interface LetterItem {
  text: string
  url?: string
}

/** One letter as HTML and as text. */
export function layout(publicUrl: string, letter: Letter): { html: string; text: string } {
  return { html: htmlLayout(publicUrl, letter), text: textLayout(publicUrl, letter) }
}

function textLayout(publicUrl: string, letter: Letter): string {
  const { paragraphs, items = [], action, closing, unsubscribeUrl } = letter
  const parts = [
    ...paragraphs,
    items.map(({ text, url }) => `- ${text}${url ? `\n  ${url}` : ''}`).join('\n'),
    action ? `${action.label}:\n${action.url}` : '',
    closing,
    `Tenon · ${publicUrl}`,
    unsubscribeUrl ? `No more of these mails:\n${unsubscribeUrl}` : '',
  ]
  return parts.filter(Boolean).join('\n\n') + '\n'
}
