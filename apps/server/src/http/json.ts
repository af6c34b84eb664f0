import { fail } from '@tenon/api'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { unreadable } from './failures.ts'

const maxDepth = 64
const utf8 = new TextDecoder('utf-8', { fatal: true })

/** Bodies are JSON or nothing: forms and multipart would let another site's page post without asking first. */
export function acceptOnlyJson(
  app: FastifyInstance,
  toBody: (text: string, value: unknown) => unknown,
): void {
  app.removeAllContentTypeParsers()
  app.addContentTypeParser(
    'application/json',
    { parseAs: 'buffer' },
    async ({ headers }: FastifyRequest, body: Buffer) => {
      if (!isPlain(headers)) throw fail('UNSUPPORTED_MEDIA_TYPE')
      const text = decode(body)
      return text === '' ? undefined : toBody(text, parseJson(text))
    },
  )
}

export const isJson = (type: string) => /^application\/json\s*(;|$)/i.test(type)

/** Nothing is unpacked, and nothing read as anything but UTF-8: what says that it is otherwise would be misread. */
function isPlain({
  'content-encoding': encoding,
  'content-type': type = '',
}: FastifyRequest['headers']): boolean {
  const charset = /;\s*charset\s*=\s*"?([^\s;"]*)/i.exec(type)?.[1] ?? 'utf-8'
  return /^utf-?8$/i.test(charset) && /^\s*(identity)?\s*$/i.test(encoding ?? '')
}

/** @throws VALIDATION_ERROR */
export function parseJson(text: string): unknown {
  if (isTooDeep(text)) throw unreadable(`JSON may be nested ${maxDepth} deep`)
  try {
    return JSON.parse(text)
  } catch {
    throw unreadable('This is not valid JSON')
  }
}

function decode(body: Buffer): string {
  try {
    return utf8.decode(body)
  } catch {
    throw unreadable('This is not valid UTF-8')
  }
}

/** Read off the text, so that nothing deep is ever built. */
function isTooDeep(text: string): boolean {
  let depth = 0
  let isInString = false
  for (let at = 0; at < text.length; at++) {
    const char = text[at]
    if (char === '"') isInString = !isInString
    else if (isInString && char === '\\') at++
    else if (!isInString && (char === '{' || char === '[') && ++depth > maxDepth) return true
    else if (!isInString && (char === '}' || char === ']')) depth--
  }
  return false
}
