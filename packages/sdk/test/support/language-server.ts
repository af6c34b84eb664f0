import { spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { fileURLToPath, pathToFileURL } from 'node:url'

interface Location {
  uri: string
  range: { start: { line: number; character: number } }
}

/** Where an editor goes from the last word of `text` in a file: the file, and the line it shows there. */
export async function definitionOf(
  tsc: string,
  file: string,
  text: string,
): Promise<{ file: string; line: string }> {
  await using server = startLanguageServer(tsc)
  const uri = pathToFileURL(file).href
  const source = readFileSync(file, 'utf8')
  await server.request('initialize', { processId: process.pid, rootUri: null, capabilities: {} })
  server.notify('initialized', {})
  server.notify('textDocument/didOpen', {
    textDocument: { uri, languageId: 'typescript', version: 1, text: source },
  })

  const before = source.slice(0, source.indexOf(text) + text.length - 1).split('\n')
  const position = { line: before.length - 1, character: before.at(-1)!.length }
  const found = await server.request('textDocument/definition', { textDocument: { uri }, position })
  const [location] = (Array.isArray(found) ? found : [found]) as Location[]
  if (!location) throw new Error(`the editor finds no definition of ${text}`)
  const target = fileURLToPath(location.uri)
  return { file: target, line: readFileSync(target, 'utf8').split('\n')[location.range.start.line]! }
}

/** TypeScript's language server over stdio, as an editor talks to it. */
function startLanguageServer(tsc: string) {
  const child = spawn(process.execPath, [tsc, '--lsp', '--stdio'], { stdio: ['pipe', 'pipe', 'ignore'] })
  // It may be gone before it has read all.
  child.stdin.on('error', () => {})
  const waiting = new Map<number, (result: unknown) => void>()
  let pending = Buffer.alloc(0)
  child.stdout.on('data', (chunk: Buffer) => {
    pending = Buffer.concat([pending, chunk])
    for (;;) {
      const header = /^Content-Length: (\d+)\r\n(?:.*\r\n)*?\r\n/.exec(pending.toString('latin1'))
      const end = header ? header[0].length + Number(header[1]) : Infinity
      if (!header || pending.length < end) return
      const message = JSON.parse(pending.subarray(header[0].length, end).toString()) as Record<
        string,
        unknown
      >
      pending = pending.subarray(end)
      // It also asks: for the editor's settings, mostly. It gets none.
      if ('method' in message && 'id' in message) send({ id: message['id'], result: null })
      else waiting.get(message['id'] as number)?.(message['result'])
    }
  })
  const send = (message: object) => {
    const body = JSON.stringify({ jsonrpc: '2.0', ...message })
    child.stdin.write(`Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`)
  }
  let lastId = 0
  return {
    notify: (method: string, params: object) => send({ method, params }),
    request: (method: string, params: object) =>
      new Promise<unknown>((resolve) => {
        waiting.set(++lastId, resolve)
        send({ id: lastId, method, params })
      }),
    async [Symbol.asyncDispose]() {
      const ended = new Promise((resolve) => child.once('exit', resolve))
      child.kill()
      await ended
    },
  }
}
