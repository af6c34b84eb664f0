import { escapeHtml, type CapturedMail } from '@tenon/api'

export function mailboxPage(mails: CapturedMail[], to = ''): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Mailbox · Tenon</title>
<style>${style}</style>
</head>
<body>
<header>
<h1>Mailbox</h1>
<form><input name="to" type="search" value="${escapeHtml(to)}" placeholder="Mail to…" aria-label="Mail to"><button>Show</button></form>
</header>
<main>${mails.length > 0 ? mails.map(toDetails).join('\n') : '<p class="none">No mail yet. What Tenon sends in development lands here.</p>'}</main>
</body>
</html>
`
}

function toDetails({ to, from, subject, text, html, createdAt }: CapturedMail, index: number): string {
  return `<details${index === 0 ? ' open' : ''}>
<summary><b>${escapeHtml(subject)}</b><span>${escapeHtml(to)}</span><time datetime="${createdAt}">${toTime(createdAt)}</time></summary>
<p class="from">From ${escapeHtml(from)}</p>
<iframe title="The mail as HTML" sandbox="allow-popups allow-popups-to-escape-sandbox" srcdoc="${escapeHtml(`<base target="_blank">${html}`)}"></iframe>
<details><summary>As text</summary><pre>${escapeHtml(text)}</pre></details>
</details>`
}

const toTime = (iso: string) => iso.replace('T', ' ').slice(0, 19)

const style = `
:root { color-scheme: light dark; --line: light-dark(#e4e4e7, #3f3f46); --quiet: light-dark(#5b5b66, #a1a1aa) }
body { margin: 0 auto; max-width: 46rem; padding: 1.5rem; font: 15px/1.5 system-ui, sans-serif }
header { display: flex; gap: 1rem; justify-content: space-between; align-items: center; flex-wrap: wrap }
h1 { font-size: 1.25rem }
input, button { font: inherit; padding: .3rem .6rem; border: 1px solid var(--line); border-radius: .4rem }
main > details { border: 1px solid var(--line); border-radius: .6rem; margin: .75rem 0; padding: .75rem 1rem }
summary { cursor: pointer }
main > details > summary { display: flex; gap: 1rem; flex-wrap: wrap; align-items: baseline }
main > details > summary span { flex: 1 }
time, .from, .none, summary span { color: var(--quiet) }
iframe { width: 100%; height: 34rem; border: 1px solid var(--line); border-radius: .4rem; background: #fff }
pre { white-space: pre-wrap; overflow-wrap: anywhere }`
