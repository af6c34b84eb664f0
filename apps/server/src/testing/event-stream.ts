import { request, type IncomingHttpHeaders } from 'node:http'
import { bearer } from './requests.ts'

export interface Frame {
  id?: string
  event?: string
  /** Parsed. */
  data?: unknown
  retry?: string
  comment?: string
}

export interface EventStream {
  status: number
  headers: IncomingHttpHeaders
  frames: Frame[]
  /** Of those that bring events: their numbers. */
  numbers(): unknown[]
  lastId(): string | undefined
  isOpen(): boolean
  ended: Promise<void>
  pause(): void
  close(): void
}

/** Opens a stream and reads it, frame by frame. `path` is all behind the origin. */
export async function openEventStream(
  server: { url: string },
  path: string,
  { token }: { token: string },
  headers: Record<string, string> = {},
): Promise<EventStream> {
  const call = request(server.url + path, { agent: false, headers: { ...bearer(token), ...headers } })
  const frames: Frame[] = []
  let rest = ''
  let isOpen = true
  const { promise: ended, resolve: end } = Promise.withResolvers<void>()
  const { promise: head, resolve, reject } = Promise.withResolvers<EventStream>()
  call.on('error', reject)
  call.on('response', (response) => {
    response.setEncoding('utf8')
    response.on('data', (chunk: string) => {
      const parts = (rest + chunk).split('\n\n')
      rest = parts.pop() ?? ''
      frames.push(
        ...parts
          .map((part) => part.replace(/^\n+/, ''))
          .filter(Boolean)
          .map(toFrame),
      )
    })
    response.on('error', () => {})
    response.on('close', () => {
      isOpen = false
      end()
    })
    resolve({
      status: response.statusCode ?? 0,
      headers: response.headers,
      frames,
      numbers: () => frames.map(numberOf).filter((n) => n !== undefined),
      lastId: () => frames.findLast(({ id }) => id)?.id,
      isOpen: () => isOpen,
      ended,
      pause: () => void response.pause(),
      close: () => void response.destroy(),
    })
  })
  call.end()
  return head
}

function toFrame(text: string): Frame {
  const frame: Frame = {}
  for (const line of text.split('\n')) {
    const [, name = '', value = ''] = /^(\w*): ?(.*)$/.exec(line) ?? []
    if (name === '') frame.comment = value
    else if (name === 'data') frame.data = value === '' ? '' : JSON.parse(value)
    else if (name === 'id' || name === 'event' || name === 'retry') frame[name] = value
  }
  return frame
}

const numberOf = ({ data }: Frame) => (data as { data?: { n?: number } } | undefined)?.data?.n
