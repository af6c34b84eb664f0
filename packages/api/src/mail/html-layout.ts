import { cut } from './cut.ts'
import { escapeHtml } from './escape-html.ts'
import type { Letter, LetterItem } from './layout.ts'

/**
 * What mail clients keep: tables, inline styles, nothing loaded from elsewhere. Those that know more take the dark
 * colours and the narrow margins of the style sheet; Outlook on Windows takes the width from its comment.
 */
export function htmlLayout(publicUrl: string, letter: Letter): string {
  const { subject, paragraphs, items = [], action, closing, unsubscribeUrl } = letter
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="supported-color-schemes" content="light dark">
<meta name="format-detection" content="telephone=no, date=no, address=no, email=no">
<title>${escapeHtml(subject)}</title>
<style>${sheet}</style>
</head>
<body class="page" style="margin:0;padding:0;background:#f6f6f8;${font}">
${preheader(paragraphs)}
<table ${table} width="100%" class="page" bgcolor="#f6f6f8"><tr><td align="center" class="margin" style="padding:32px 16px">
<!--[if mso]><table ${table} width="520"><tr><td><![endif]-->
<table ${table} width="100%" class="card" bgcolor="#ffffff" style="max-width:520px;background:#ffffff;border:1px solid #e4e4e7;border-radius:12px">
<tr><td class="inside strong" align="left" style="padding:32px;${font};color:#18181b">
<h1 class="strong" style="margin:0 0 16px;font-size:20px;line-height:28px;color:#18181b;${wrap}">${escapeHtml(subject)}</h1>
${paragraphs.map(paragraph).join('\n')}
${items.map(item).join('\n')}
${action ? button(action) : ''}
<p class="quiet" style="margin:0;${small}">${lines(closing)}</p>
</td></tr></table>
<!--[if mso]></td></tr></table><![endif]-->
<p class="quiet" style="margin:16px 0 0;${small};${font}">Tenon · <a class="quiet" href="${escapeHtml(publicUrl)}" style="color:#5b5b66">${escapeHtml(publicUrl)}</a>${unsubscribeUrl ? switchOff(unsubscribeUrl) : ''}</p>
</td></tr></table>
</body>
</html>
`
}

const table = 'role="presentation" cellpadding="0" cellspacing="0" border="0"'
const font = "font-family:-apple-system,'Segoe UI',Roboto,Helvetica,Arial,sans-serif"
const wrap = 'overflow-wrap:anywhere;word-break:break-word'
const small = 'font-size:13px;line-height:20px;color:#5b5b66'

const sheet = `
:root { color-scheme: light dark; supported-color-schemes: light dark }
@media (max-width: 480px) { .margin { padding: 16px 12px !important } .inside { padding: 24px 20px !important } }
@media (prefers-color-scheme: dark) {
.page { background: #111113 !important }
.card { background: #1c1c1f !important; border-color: #3f3f46 !important }
.strong { color: #f4f4f5 !important }
.quiet { color: #a1a1aa !important }
.link { color: #a5b4fc !important }
}`

/** Shown beside the subject in the list of mails; the empty characters keep what follows out of it. */
function preheader([, second = '']: string[]): string {
  const fill = '&#847;&zwnj;&nbsp;'.repeat(60)
  return `<div style="display:none;max-height:0;overflow:hidden;mso-hide:all;font-size:1px;line-height:1px;opacity:0">${escapeHtml(cut(second, 120))}${fill}</div>`
}

const paragraph = (text: string) =>
  `<p class="strong" style="margin:0 0 16px;font-size:15px;line-height:24px;color:#18181b;${wrap}">${lines(text)}</p>`

const lines = (text: string) => escapeHtml(text).replace(/\r?\n/g, '<br>')

function item({ text, url }: LetterItem): string {
  const inside = url
    ? `<a class="link" href="${escapeHtml(url)}" style="color:#4f46e5">${lines(text)}</a>`
    : lines(text)
  return `<p class="strong" style="margin:0 0 12px;font-size:15px;line-height:22px;color:#18181b;${wrap}">${inside}</p>`
}

function button({ label, url }: { label: string; url: string }): string {
  const address = escapeHtml(url)
  return `<table ${table} style="margin:24px 0"><tr><td bgcolor="#4f46e5" style="border-radius:8px;mso-padding-alt:12px 20px"><a href="${address}" style="display:inline-block;padding:12px 20px;${font};font-size:15px;line-height:20px;color:#ffffff;text-decoration:none">${escapeHtml(label)}</a></td></tr></table>
<p class="quiet" style="margin:0 0 16px;${small}">Or open this address:<br><a class="link" href="${address}" style="color:#4f46e5;word-break:break-all">${address}</a></p>`
}

const switchOff = (url: string) =>
  `<br><a class="quiet" href="${escapeHtml(url)}" style="color:#5b5b66">No more of these mails</a>`
