import type { DevMailbox } from '@tenon/api'
import fastify, { LogController, type FastifyBaseLogger, type FastifyInstance } from 'fastify'
import { answerClientErrors } from './client-errors.ts'
import { serveDocs } from './docs.ts'
import { answerFailure } from './failures.ts'
import { securityHeaders } from './headers.ts'
import { serveHealth, type Health } from './health.ts'
import { serveMailbox } from './mailbox.ts'
import { serveOnly } from './methods.ts'
import { maxUrlLength, prepare, requestIdOf, watchRequests } from './requests.ts'
import { serveRest } from './rest.ts'
import { createOrigins, guardOrigins } from './security.ts'
import { refuseUnknown, serveWebApp } from './static.ts'
import { serveTrpc } from './trpc.ts'

export interface ServerOptions extends Health {
  log: FastifyBaseLogger
  isProduction: boolean
  allowedOrigins: readonly string[]
  trustProxy: readonly string[]
  mailbox: DevMailbox | undefined
  /** The folder of the built web app. */
  webRoot: string
}

/** Everything that answers HTTP. It listens when told to. */
export async function createServer(options: ServerOptions): Promise<FastifyInstance> {
  const { publicUrl } = options.deps.settings
  const headers = securityHeaders(publicUrl.startsWith('https:'))
  const app = fastify({
    ...limits,
    loggerInstance: options.log,
    logController: new LogController({ disableRequestLogging: true, requestIdLogLabel: 'requestId' }),
    genReqId: requestIdOf,
    trustProxy: options.trustProxy.length > 0 ? [...options.trustProxy] : false,
    // While it stops, what still arrives on open connections is answered.
    return503OnClosing: false,
    clientErrorHandler: answerClientErrors(headers, options.log),
    frameworkErrors: (error, request, reply) => {
      prepare(request, reply, headers)
      void answerFailure(error, request, reply)
    },
  })
  app.setErrorHandler(answerFailure)
  app.decorateRequest('mayUseCookies', false)
  app.addHook('preClose', () => options.deps.live.stop())
  watchRequests(app, headers, options.isDraining)
  await addRoutes(app, options)
  return app
}

async function addRoutes(app: FastifyInstance, options: ServerOptions): Promise<void> {
  const { deps, mailbox, allowedOrigins, isProduction } = options
  const origins = createOrigins(deps.settings.publicUrl, allowedOrigins, isProduction)
  for (const [prefix, serve] of [
    ['/trpc', serveTrpc],
    ['/api/v1', serveRest],
  ] as const) {
    await app.register(
      async (scope) => {
        await guardOrigins(scope, origins)
        serve(scope, deps)
        refuseUnknown(scope)
      },
      { prefix },
    )
  }
  await serveOnly(app, (scope) => {
    serveHealth(scope, options)
    serveDocs(scope)
    if (mailbox) serveMailbox(scope, mailbox, deps.settings)
  })
  await serveWebApp(app, options.webRoot)
}

/** Without these a slow or silent connection would be kept for ever. */
const limits = {
  bodyLimit: 1_048_576,
  requestTimeout: 10_000,
  connectionTimeout: 60_000,
  keepAliveTimeout: 65_000,
  // A missing Host is refused like all else, rather than by Node, without our headers.
  http: { headersTimeout: 5_000, connectionsCheckingInterval: 1_000, requireHostHeader: false },
  routerOptions: { ignoreTrailingSlash: true, maxParamLength: maxUrlLength },
}
