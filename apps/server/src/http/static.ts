import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import fastifyStatic from '@fastify/static'
import { fail } from '@tenon/api'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'

const policy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self'",
  "font-src 'self'",
  "connect-src 'self'",
  "manifest-src 'self'",
  "base-uri 'none'",
  "form-action 'self'",
  "frame-ancestors 'none'",
].join('; ')

/** The built web app. Its own list of pages says which addresses are there; any other shows its 404 page, as a 404. */
export async function serveWebApp(app: FastifyInstance, root: string): Promise<void> {
  if (!existsSync(join(root, 'index.html'))) return refuseUnknown(app)
  const index = await readFile(join(root, 'index.html'), 'utf8')
  const pages: string[] = JSON.parse(await readFile(join(root, 'routes.json'), 'utf8'))

  const sendPage = (reply: FastifyReply, status: number) => {
    reply.code(status).headers({ 'content-security-policy': policy, 'cache-control': 'no-cache' })
    return reply.type('text/html; charset=utf-8').send(index)
  }
  await app.register(fastifyStatic, {
    root,
    index: false,
    wildcard: false,
    preCompressed: true,
    globIgnore: ['index.html', 'routes.json', '**/*.br', '**/*.gz'],
    cacheControl: false,
    setHeaders: (reply, path) => void reply.header('cache-control', cacheControlOf(path)),
  })
  for (const page of pages) app.get(toRoute(page), (_request, reply) => sendPage(reply, 200))
  app.setNotFoundHandler(async (request, reply) => {
    if (!isNavigation(request)) throw nothingHere()
    return sendPage(reply, 404)
  })
}

/** For addresses under which there are no pages. */
export function refuseUnknown(app: FastifyInstance): void {
  app.setNotFoundHandler(async () => {
    throw nothingHere()
  })
}

const nothingHere = () => fail('NOT_FOUND', {}, 'There is nothing at this address.')

/** `/posts/$id` as fastify writes it. */
const toRoute = (page: string) => page.replace(/\$(\w+)/g, ':$1').replace(/\$$/, '*')

/** What Vite puts there is named by its content. */
const cacheControlOf = (path: string) =>
  /[\\/]assets[\\/]/.test(path) ? 'public, max-age=31536000, immutable' : 'no-cache'

/** Who names no type is shown the page, too, unless the address names a file. */
function isNavigation({ method, headers, url }: FastifyRequest): boolean {
  if (method !== 'GET' && method !== 'HEAD') return false
  const accept = headers.accept || '*/*'
  if (accept.includes('text/html')) return true
  return accept.includes('*/*') && !/\.\w+$/.test(url.split('?', 1)[0] ?? '')
}
