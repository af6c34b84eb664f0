import { once } from 'node:events'
import { connect, createServer, type AddressInfo, type Socket } from 'node:net'
import { Transform } from 'node:stream'

export interface TestProxy {
  /** The same server, through the proxy. */
  url: string
  /** As if its machine were gone. */
  cut(): void
  /** As if it took everything and answered nothing, for those who are connected and those who come. */
  hang(): void
  /** Those connections hang that send this text, from then on. */
  hangAt(text: string): void
  /** How many connections hang that have sent something since. */
  hanging(): number
  restore(): void
  stop(): void
}

/** Stands between a process and its database or Redis, to take that away and give it back. */
export async function startTestProxy(serverUrl: string): Promise<TestProxy> {
  const target = new URL(serverUrl)
  const open = new Map<Socket, Socket>()
  let state: 'open' | 'cut' | 'hung' = 'open'
  let awaited: string | undefined
  const held = new Set<() => void>()
  const createGate = () =>
    new Transform({
      transform(chunk: Buffer, _encoding, done) {
        const pass = () => done(null, chunk)
        const hangs = state === 'hung' || (awaited !== undefined && chunk.includes(awaited))
        if (hangs) held.add(pass)
        else pass()
      },
    })
  const proxy = createServer((client) => {
    if (state === 'cut') return void client.destroy()
    const upstream = connect(Number(target.port), target.hostname)
    open.set(client, upstream)
    for (const socket of [client, upstream]) {
      socket.on('error', () => {})
      socket.on('close', () => {
        open.delete(client)
        client.destroy()
        upstream.destroy()
      })
    }
    upstream.pipe(client)
    client.pipe(createGate()).pipe(upstream)
  })
  proxy.listen(0, '127.0.0.1')
  await once(proxy, 'listening')
  const url = new URL(serverUrl)
  url.host = `127.0.0.1:${(proxy.address() as AddressInfo).port}`
  const cut = () => {
    state = 'cut'
    for (const socket of open.keys()) socket.destroy()
  }
  return {
    url: url.href,
    cut,
    hang() {
      state = 'hung'
    },
    hanging: () => held.size,
    hangAt(text) {
      awaited = text
    },
    restore() {
      state = 'open'
      awaited = undefined
      for (const pass of held) pass()
      held.clear()
    },
    stop() {
      cut()
      proxy.close()
    },
  }
}
