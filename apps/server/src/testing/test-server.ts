import type { Server } from 'node:http'
import { createTestApi, type TestApi } from '@tenon/api/testing'
import { createServer, type ServerOptions } from '../http/server.ts'
import { createLog } from '../log.ts'
import { takePort } from '../port.ts'
import { webRoot } from '../web-root.ts'

export interface TestServer {
  url: string
  api: TestApi
  /** What takes connections. */
  http: Server
  /** Ends what is open, as a server does that is told to stop. */
  close(): Promise<void>
  stop(): Promise<void>
}

export interface TestServerOptions extends Partial<Omit<ServerOptions, 'deps' | 'directUrl'>> {
  /** Limits are off unless a factor is given. */
  rateLimitFactor?: number
  /** The server's own address, unless given. */
  publicUrl?: string
}

/** The server on a free port, over a database of its own; jobs run when the test says so, with `api.drainJobs()`. */
export async function startTestServer(options: TestServerOptions = {}): Promise<TestServer> {
  const { rateLimitFactor = 0, publicUrl, ...rest } = options
  const api = await createTestApi({ rateLimitFactor })
  const port = await takePort(0, '127.0.0.1')
  const url = `http://localhost:${port.port}`
  api.deps.settings.publicUrl = publicUrl ?? url
  const app = await createServer({
    ...defaults(),
    deps: api.deps,
    directUrl: api.database.directUrl,
    ...rest,
  })
  await app.ready()
  await port.handTo(app.server)
  return {
    url,
    api,
    http: app.server,
    close: () => app.close(),
    async stop() {
      app.server.closeAllConnections()
      await app.close()
      await api.stop()
    },
  }
}

const defaults = () => ({
  runner: undefined,
  isDraining: () => false,
  log: createLog('silent'),
  isProduction: false,
  allowedOrigins: [],
  trustProxy: [],
  webRoot,
  mailbox: undefined,
})
