import { fail, type DevMailbox } from '@tenon/api'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { isLoopbackAddress, isLoopbackName } from '../loopback.ts'
import { mailboxPage } from './mailbox-page.ts'

const policy =
  "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"

/** Captured mail, with its links. In development only, for this machine only. */
export function serveMailbox(app: FastifyInstance, mailbox: DevMailbox, publicUrl: string): void {
  app.get<{ Querystring: { to?: string | string[] } }>('/dev/mail', async (request, reply) => {
    if (!isLocal(request, publicUrl)) throw fail('NOT_FOUND')
    const to = [request.query.to ?? []].flat()[0]
    const items = (await mailbox.list()).filter((mail) => !to || mail.to === to.toLowerCase())
    if (request.headers.accept?.includes('application/json')) return { items }
    reply.header('content-security-policy', policy)
    return reply.type('text/html; charset=utf-8').send(mailboxPage(items, to))
  })
}

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
