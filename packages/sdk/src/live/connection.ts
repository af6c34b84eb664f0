import type { EventSourceMessage } from 'eventsource-parser'
import { ApiError } from '../api-error.ts'
import { errorOfAnswer } from '../answers.ts'
import { parse, reached } from '../fetch.ts'
import { readMessages, type Signs } from './messages.ts'
import { heard } from './waiting.ts'

/**
 * One connection from its request to its end. It returns when the server ends it, and throws what else ends it. No
 * matter how it comes to its end, its request is cut.
 */
export async function* connect(
  request: (signal: AbortSignal) => Promise<Response>,
  signal: AbortSignal,
  signs: Signs,
): AsyncGenerator<EventSourceMessage, void> {
  const connection = new AbortController()
  const cut = () => connection.abort(signal.reason)
  signal.addEventListener('abort', cut)
  if (signal.aborted) cut()
  try {
    const response = await heard(request(connection.signal), connection.signal)
    const body = await bodyOf(response, connection.signal)
    signs.onOpen()
    yield* readMessages(body, connection.signal, signs)
  } finally {
    signal.removeEventListener('abort', cut)
    connection.abort()
  }
}

async function bodyOf(response: Response, signal: AbortSignal): Promise<ReadableStream<Uint8Array>> {
  const type = response.headers.get('content-type') ?? ''
  if (!response.ok || !type.startsWith('text/event-stream')) {
    throw errorOfAnswer(response, parse(await heard(reached(response.text()), signal)))
  }
  if (!response.body) {
    throw new ApiError({ code: 'INTERNAL', message: 'This fetch gives answers only whole, and no streams.' })
  }
  return response.body
}
