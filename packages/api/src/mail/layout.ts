interface Letter {
  publicUrl: string
  title: string
  paragraphs: string[]
  action: { label: string; url: string }
  closing: string
}

/** One letter as HTML, in tables and inline styles as mail clients want it, and as text. */
export function layout(letter: Letter): { html: string; text: string } {
  return { html: toHtml(letter), text: toText(letter) }
}

function toText({ paragraphs, action, closing, publicUrl }: Letter): string {
  return (
    [...paragraphs, `${action.label}:\n${action.url}`, closing, `Tenon · ${publicUrl}`].join('\n\n') + '\n'
  )
}

const font = "font-family:-apple-system,'Segoe UI',Roboto,Helvetica,Arial,sans-serif"

function toHtml({ title, paragraphs, action, closing, publicUrl }: Letter): string {
  const url = escapeHtml(action.url)
  return `<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>${escapeHtml(title)}</title></head>
<body style="margin:0;background:#f6f6f8;${font};color:#18181b">
<table role="presentation" width="100%" cellpadding="0" cellspacing="0"><tr><td align="center" style="padding:32px 16px">
<table role="presentation" width="100%" cellpadding="0" cellspacing="0" style="max-width:520px;background:#ffffff;border:1px solid #e4e4e7;border-radius:12px">
<tr><td style="padding:32px">
<h1 style="margin:0 0 16px;font-size:20px;line-height:28px">${escapeHtml(title)}</h1>
${paragraphs.map((text) => `<p style="margin:0 0 16px;font-size:15px;line-height:24px">${escapeHtml(text)}</p>`).join('\n')}
<p style="margin:24px 0"><a href="${url}" style="display:inline-block;padding:12px 20px;border-radius:8px;background:#4f46e5;color:#ffffff;font-size:15px;text-decoration:none">${escapeHtml(action.label)}</a></p>
<p style="margin:0 0 16px;font-size:13px;line-height:20px;color:#71717a">Or open this address:<br><a href="${url}" style="color:#4f46e5;word-break:break-all">${url}</a></p>
<p style="margin:0;font-size:13px;line-height:20px;color:#71717a">${escapeHtml(closing)}</p>
</td></tr></table>
<p style="margin:16px 0 0;font-size:12px;color:#71717a">Tenon · ${escapeHtml(publicUrl)}</p>
</td></tr></table>
</body>
</html>
`
}

const entities: Record<string, string> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
}

export const escapeHtml = (text: string): string =>
  text.replace(/[&<>"']/g, (character) => entities[character] ?? character)
