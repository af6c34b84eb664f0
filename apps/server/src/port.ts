import { once } from 'node:events'
import type { Server } from 'node:http'
import { createServer, type AddressInfo } from 'node:net'

export interface TakenPort {
  port: number
  /** From now on the connections are this server's. */
  handTo(server: Server): Promise<void>
  release(): void
}

/**
 * Takes the port before anything else starts: links need its number, and that it is in use should be told at once.
 * Until it is handed on, connections are cut.
 */
export async function takePort(port: number, host: string): Promise<TakenPort> {
  const holder = createServer((socket) => socket.destroy())
  holder.listen(port, host)
  await once(holder, 'listening')
  return {
    port: (holder.address() as AddressInfo).port,
    async handTo(server) {
      server.listen(holder)
      await once(server, 'listening')
    },
    release: () => void holder.close(),
  }
}
