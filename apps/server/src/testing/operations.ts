import { appRouter, restOperations, type Operation } from '@tenon/api'
import { callTrpc, errorOf, send, type Answer } from './requests.ts'

export type Transport = 'rest' | 'trpc'

export const transports = ['rest', 'trpc'] as const

export const operations = restOperations(appRouter)

export const isMutation = ({ method }: Operation) => method !== 'GET'

/** An operation with its input where the transport wants it. `sent` may take the place of the body and its type. */
export function callOperation(
  { url }: { url: string },
  transport: Transport,
  operation: Operation,
  { input = {}, headers = {}, body }: { input?: object; headers?: Record<string, string>; body?: string },
): Promise<Answer> {
  const { name, method, input: schema } = operation
  const sent = { headers, ...(body !== undefined && { body }) }
  if (transport === 'trpc')
    return callTrpc({ url }, isMutation(operation) ? 'mutation' : 'query', name, schema && input, sent)
  const { path, rest } = toRest(operation, input)
  if (!isMutation(operation)) return send(method, `${url}/api/v1${path}${toQuery(rest)}`, sent)
  return send(method, `${url}/api/v1${path}`, { ...(schema && { body: rest }), ...sent })
}

/** The path with the input's part in it, and what is left of the input. */
export function toRest({ path, pathParameters }: Operation, input: object) {
  const isInPath = ([name]: [string, unknown]) => pathParameters.includes(name)
  const entries: [string, unknown][] = Object.entries(input)
  const filled = entries
    .filter(isInPath)
    .reduce((text, [name, value]) => text.replace(`{${name}}`, encodeURIComponent(String(value))), path)
  return { path: filled, rest: Object.fromEntries(entries.filter((entry) => !isInPath(entry))) }
}

function toQuery(fields: Record<string, unknown>): string {
  const query = new URLSearchParams()
  for (const [name, value] of Object.entries(fields)) query.set(name, String(value))
  return query.size > 0 ? `?${query.toString()}` : ''
}

/** `OK` with the status that the transport promises for it, else the code, in the shape that the transport promises. */
export function outcomeOf(answer: Answer, transport: Transport, { status }: Operation): string {
  if (answer.status === (transport === 'rest' ? status : 200)) return 'OK'
  return errorOf(answer, transport).code
}

/** What two answers have to have in common to be told apart by nobody. */
export function comparable({ status, headers, text }: Answer) {
  const { 'x-request-id': requestId = '', date: _date, ...others } = headers
  return { status, headers: others, text: text.replaceAll(String(requestId), 'the-request') }
}
