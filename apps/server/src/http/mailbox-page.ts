import { escapeHtml, type CapturedMail } from '@tenon/api'

export function mailboxPage(mails: CapturedMail[], to = ''): string {
  const none = '<p class="none">No mail yet. What Tenon sends in development lands here.</p>'
  return page(
    'Mailbox',
    `<form><input name="to" type="search" value="${escapeHtml(to)}" placeholder="Mail to…" aria-label="Mail to"><button>Show</button></form>
${mails.length > 0 ? mails.map(toDetails).join('\n') : none}`,
  )
}

function toDetails({ id, to, from, subject, text, createdAt }: CapturedMail, index: number): string {
  return `<details${index === 0 ? ' open' : ''}>
<summary><b>${escapeHtml(subject)}</b><span>${escapeHtml(to)}</span><time datetime="${createdAt}">${toTime(createdAt)}</time></summary>
<p class="quiet">From ${escapeHtml(from)}</p>
${bothWays(`/dev/mail/messages/${id}`, text)}
</details>`
}

const toTime = (iso: string) => iso.replace('T', ' ').slice(0, 19)

interface Preview {
  name: string
  subject: string
  text: string
}

export function templatesPage(templates: Preview[]): string {
  return page(
    'Templates',
    `<p class="quiet">Every mail that Tenon sends, with its example.</p>
<ul>${templates
      .map(
        ({ name, subject }) =>
          `<li><a href="/dev/mail/templates/${name}">${name}</a> ${escapeHtml(subject)}</li>`,
      )
      .join('\n')}</ul>`,
  )
}

export function templatePage({ name, subject, text }: Preview): string {
  return page(
    name,
    `<p><a href="/dev/mail/templates">All templates</a></p>
<p class="quiet">Subject: ${escapeHtml(subject)}</p>
${bothWays(`/dev/mail/templates/${name}/html`, text)}`,
  )
}

/** As HTML and as text, side by side where there is room. */
function bothWays(path: string, text: string): string {
  return `<div class="ways">
<section aria-label="As HTML"><iframe title="The mail as HTML" loading="lazy" sandbox="allow-popups allow-popups-to-escape-sandbox" src="${path}"></iframe><p><a href="${path}">By itself</a></p></section>
<section aria-label="As text"><pre>${escapeHtml(text)}</pre></section>
</div>`
}

function page(title: string, content: string): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title} · Tenon</title>
<style>${style}</style>
</head>
<body>
<header>
<h1>${title}</h1>
<nav aria-label="Mail"><a href="/dev/mail">Mailbox</a><a href="/dev/mail/templates">Templates</a></nav>
</header>
<main>
${content}
</main>
</body>
</html>
`
}

const style = `
:root { color-scheme: light dark; --line: light-dark(#e4e4e7, #3f3f46); --quiet: light-dark(#5b5b66, #a1a1aa) }
* { box-sizing: border-box }
body { margin: 0 auto; max-width: 76rem; padding: 1.5rem; font: 15px/1.5 system-ui, sans-serif }
header, nav, form { display: flex; gap: 1rem; align-items: center; flex-wrap: wrap }
header { justify-content: space-between }
h1 { font-size: 1.25rem; margin: 0 }
a { color: light-dark(#4338ca, #a5b4fc) }
form { gap: .5rem; margin-top: 1rem }
input, button { font: inherit; padding: .3rem .6rem; border: 1px solid var(--line); border-radius: .4rem; max-width: 100% }
main > details { border: 1px solid var(--line); border-radius: .6rem; margin: .75rem 0; padding: .75rem 1rem }
summary { cursor: pointer; display: flex; gap: 0 1rem; flex-wrap: wrap; align-items: baseline; overflow-wrap: anywhere }
summary span { flex: 1 1 12rem }
li { margin: .25rem 0 }
time, .quiet, .none, summary span { color: var(--quiet) }
.ways { display: grid; gap: 1rem; grid-template-columns: minmax(0, 1fr) }
@media (min-width: 60rem) { .ways { grid-template-columns: minmax(0, 3fr) minmax(0, 2fr) } }
iframe { width: 100%; height: 38rem; border: 1px solid var(--line); border-radius: .4rem }
pre { white-space: pre-wrap; overflow-wrap: anywhere; margin: 0; padding: 1rem; border: 1px solid var(--line); border-radius: .4rem }`
