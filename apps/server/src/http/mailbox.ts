import { fail, type DevMailbox } from '@tenon/api'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { mailboxPage } from './mailbox-page.ts'

const policy =
  "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"

/** Captured mail, with its links. In development only, for this machine only. */
export function serveMailbox(app: FastifyInstance, mailbox: DevMailbox, publicUrl: string): void {
  app.get<{ Querystring: { to?: string | string[] } }>('/dev/mail', async (request, reply) => {
    if (!isLocal(request, publicUrl)) throw fail('NOT_FOUND')
    const to = [request.query.to ?? []].flat()[0]
    const items = (await mailbox.list()).filter((mail) => !to || mail.to === to.toLowerCase())
    if (!request.headers.accept?.includes('text/html')) return { items }
    reply.header('content-security-policy', policy)
    return reply.type('text/html; charset=utf-8').send(mailboxPage(items, to))
  })
}

const loopbackPeer = /^(::1|(::ffff:)?127(\.\d{1,3}){3})$/
const loopbackHost = /^(localhost|127(\.\d{1,3}){3}|\[::1\])(:\d+)?$/

/** The Host, too: a page elsewhere can give its own name the address of this machine, and read what its name answers. */
function isLocal({ ip, socket, headers }: FastifyRequest, publicUrl: string): boolean {
  const peers = [ip, socket.remoteAddress ?? '']
  const host = headers.host ?? ''
  return (
    peers.every((peer) => loopbackPeer.test(peer)) &&
    (loopbackHost.test(host) || host === new URL(publicUrl).host)
  )
}
