import { once } from 'node:events'
import { createServer, type AddressInfo, type Socket } from 'node:net'

export interface TestRedis {
  url: string
  /** What it was told, without their arguments. */
  commands: string[]
  /** Ends the connections there are. */
  cut(): void
  stop(): void
}

/** Something that talks like Redis and answers as it is told: a reply in its protocol, or silence. */
export async function startTestRedis(
  answer: (command: string, args: string[]) => string | undefined,
): Promise<TestRedis> {
  const commands: string[] = []
  const open = new Set<Socket>()
  const server = createServer((socket) => {
    open.add(socket)
    socket.on('error', () => {})
    socket.on('data', (bytes) => {
      for (const [name = '', ...args] of parse(bytes.toString())) {
        commands.push(name)
        const reply = answer(name, args)
        if (reply !== undefined) socket.write(`${reply}\r\n`)
      }
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const cut = () => {
    for (const socket of open) socket.destroy()
  }
  return {
    url: `redis://127.0.0.1:${(server.address() as AddressInfo).port}`,
    commands,
    cut,
    stop() {
      cut()
      server.close()
    },
  }
}

/** Arrays of texts: `*2 $3 get $1 a`, each part on a line of its own. No text of ours has a line's end in it. */
function parse(received: string): string[][] {
  return received
    .split(/^\*\d+\r\n/m)
    .filter(Boolean)
    .map((command) => command.split('\r\n').filter((_, index) => index % 2 === 1))
}
