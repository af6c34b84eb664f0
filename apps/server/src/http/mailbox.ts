import { fail, mailCatalogue, previewMail, type DevMailbox, type Settings } from '@tenon/api'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { isLoopbackAddress, isLoopbackName } from '../loopback.ts'
import { mailboxPage, templatePage, templatesPage } from './mailbox-page.ts'

const policy = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'"
const pagePolicy = `${policy}; frame-src 'self'; form-action 'self'; frame-ancestors 'none'`
const mailPolicy = `${policy}; img-src data:; form-action 'none'; frame-ancestors 'self'; sandbox allow-popups allow-popups-to-escape-sandbox`

/** Captured mail with its links, and how every mail looks. In development only, for this machine only. */
export function serveMailbox(app: FastifyInstance, mailbox: DevMailbox, settings: Settings): void {
  const toThisMachine = {
    async onRequest(request: FastifyRequest) {
      if (!isLocal(request, settings.publicUrl)) throw fail('NOT_FOUND')
    },
  }
  const preview = (name: string) => ({ name, ...(previewMail(name, settings) ?? notFound()) })

  app.get<{ Querystring: { to?: string | string[] } }>('/dev/mail', toThisMachine, async (request, reply) => {
    const to = [request.query.to ?? []].flat()[0]
    const items = (await mailbox.list()).filter((mail) => !to || mail.to === to.toLowerCase())
    if (request.headers.accept?.includes('application/json')) return { items }
    return sendPage(reply, mailboxPage(items, to))
  })
  app.get<{ Params: { id: string } }>('/dev/mail/messages/:id', toThisMachine, async ({ params }, reply) =>
    sendMail(reply, (await mailbox.find(params.id)) ?? notFound()),
  )
  app.get('/dev/mail/templates', toThisMachine, async (_, reply) =>
    sendPage(reply, templatesPage(mailCatalogue.map(({ name }) => preview(name)))),
  )
  app.get<Named>('/dev/mail/templates/:name', toThisMachine, async ({ params }, reply) =>
    sendPage(reply, templatePage(preview(params.name))),
  )
  app.get<Named>('/dev/mail/templates/:name/html', toThisMachine, async ({ params }, reply) =>
    sendMail(reply, preview(params.name)),
  )
}

interface Named {
  Params: { name: string }
}

function notFound(): never {
  throw fail('NOT_FOUND')
}

function sendPage(reply: FastifyReply, page: string) {
  return reply.header('content-security-policy', pagePolicy).type('text/html; charset=utf-8').send(page)
}

/** A mail by itself, to be framed by a page from here. Whatever is in it can run nothing, load nothing and be nobody. */
function sendMail(reply: FastifyReply, { html }: { html: string }) {
  return reply
    .headers({ 'content-security-policy': mailPolicy, 'x-frame-options': 'SAMEORIGIN' })
    .type('text/html; charset=utf-8')
    .send(openingLinksOutside(html))
}

const openingLinksOutside = (html: string) =>
  html.replace(/<head>|^(?!<!doctype)/, '$&<base target="_blank">')

/**
 * The Host, too: a page elsewhere can give its own name the address of this machine, and read what its name answers. And
 * whoever comes through a tunnel comes from this machine.
 */
function isLocal({ ip, socket, headers }: FastifyRequest, publicUrl: string): boolean {
  const host = headers.host ?? ''
  return (
    !forwarding.some((name) => name in headers) &&
    [ip, socket.remoteAddress ?? ''].every(isLoopbackAddress) &&
    (isLoopbackName(host.replace(/:\d+$/, '')) || host === new URL(publicUrl).host)
  )
}

const forwarding = ['forwarded', 'x-forwarded-for', 'x-forwarded-host']
