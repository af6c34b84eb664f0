import { gunzip, gzip } from 'node:zlib'
import { promisify } from 'node:util'
import { appRouter, openApiDocument, restOperations } from '@tenon/api'
import fastify, { type FastifyInstance } from 'fastify'

/** The reference needs styles that it makes at run time; scripts, fonts and calls stay on this origin. */
const policy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self' 'unsafe-inline'",
  "img-src 'self' data:",
  "font-src 'self' data:",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ')

const page = `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <title>Tenon API</title>
  </head>
  <body>
    <div id="app"></div>
    <script src="/docs/scalar.js"></script>
    <script src="/docs/start.js"></script>
  </body>
</html>
`

const start = `Scalar.createApiReference('#app', ${JSON.stringify({
  url: '/openapi.json',
  withDefaultFonts: false,
  telemetry: false,
  hideClientButton: true,
  showDeveloperTools: 'never',
  agent: { disabled: true },
  mcp: { disabled: true },
})})`

export function serveDocs(app: FastifyInstance): void {
  const document = once(async () => JSON.stringify(openApiDocument(restOperations(appRouter))))
  const reference = once(loadReference)
  const script = 'text/javascript; charset=utf-8'

  app.get('/openapi.json', async (_request, reply) => {
    return reply
      .type('application/json; charset=utf-8')
      .header('cache-control', 'no-cache')
      .send(await document())
  })
  app.get('/docs', async (_request, reply) => {
    reply.headers({ 'content-security-policy': policy, 'cache-control': 'no-cache' })
    return reply.type('text/html; charset=utf-8').send(page)
  })
  app.get('/docs/start.js', async (_request, reply) => {
    return reply.type(script).header('cache-control', 'no-cache').send(start)
  })
  app.get('/docs/scalar.js', async ({ headers }, reply) => {
    reply.type(script).headers({ vary: 'accept-encoding', 'cache-control': 'public, max-age=3600' })
    if (!acceptsGzip(headers['accept-encoding'])) return promisify(gunzip)(await reference())
    return reply.header('content-encoding', 'gzip').send(await reference())
  })
}

const acceptsGzip = (accepted = '') => /\bgzip\b(?!\s*;\s*q=0(\.0*)?\s*(,|$))/i.test(accepted)

/** Scalar's plugin carries its script as a text of 5 MB, so it is loaded when somebody reads the docs, not at each start. */
async function loadReference(): Promise<Buffer> {
  const { default: scalar } = await import('@scalar/fastify-api-reference')
  const host = fastify()
  await host.register(scalar, { routePrefix: '/docs', configuration: { url: '/openapi.json' } })
  const { rawPayload } = await host.inject('/docs/js/scalar.js')
  await host.close()
  return promisify(gzip)(rawPayload)
}

function once<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined
  return () => (made ??= make())
}
