import * as z from 'zod'
import { fail } from '../errors.ts'
import { unwrap, type Operation } from './operations.ts'

export interface RestRequest {
  params: Readonly<Record<string, string>>
  query: URLSearchParams
  /** Undefined when nothing was sent. */
  body: unknown
  /** `Last-Event-ID`: where a stream was left. */
  lastEventId?: string | undefined
}

/**
 * The procedure's input, put together from the path, and from the query for GET, else from the body.
 * What does not fit is passed on for the input's schema to refuse.
 * @throws VALIDATION_ERROR for what the operation does not know
 */
export function readInput(operation: Operation, request: RestRequest): unknown {
  const { params, query, body = {} } = request
  const { method, input, pathParameters } = operation
  if (method !== 'GET') refuse([...query.keys()])
  const given = method === 'GET' ? fromQuery(operation, query) : body
  if (!input) return refuse(isObject(given) ? Object.keys(given) : [''])
  if (!isObject(given)) return given
  refuse(Object.keys(given).filter((key) => pathParameters.includes(key)))
  return { ...given, ...fromPath(operation, params), ...fromHeaders(operation, request) }
}

const isObject = (value: unknown): value is object =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

function fromPath({ shape, pathParameters }: Operation, params: RestRequest['params']): object {
  return Object.fromEntries(pathParameters.map((name) => [name, coerce(shape?.[name], [params[name] ?? ''])]))
}

/** A client that comes back has the address that it began with: the header is newer. */
function fromHeaders({ type }: Operation, { lastEventId }: RestRequest): object {
  return type === 'subscription' && lastEventId ? { lastEventId } : {}
}

function fromQuery({ shape }: Operation, query: URLSearchParams): object {
  const keys = [...new Set(query.keys())]
  return Object.fromEntries(keys.map((key) => [key, coerce(shape?.[key], query.getAll(key))]))
}

function coerce(schema: z.ZodType | undefined, values: string[]): unknown {
  const target = schema && unwrap(schema)
  if (target instanceof z.ZodArray) {
    const element = unwrap(target.element as z.ZodType)
    return listed(element, values).map((value) => coerceOne(element, value))
  }
  return values.length === 1 ? coerceOne(target, values[0] ?? '') : values
}

/** Words of a list may come in one, parted by commas; a text may have commas of its own. */
const listed = (element: z.ZodType, values: string[]) =>
  element instanceof z.ZodEnum ? values.flatMap((value) => value.split(',')) : values

const decimal = /^-?\d+(\.\d+)?(e[+-]?\d+)?$/i

function coerceOne(schema: z.ZodType | undefined, value: string): unknown {
  if (schema instanceof z.ZodNumber) return decimal.test(value) ? Number(value) : value
  if (schema instanceof z.ZodBoolean) return value === 'true' || (value === 'false' ? false : value)
  return value
}

function refuse(unknown: string[]): void {
  if (unknown.length === 0) return
  const fields = unknown.slice(0, 20).map((key) => [key, ['Unknown field']])
  throw fail('VALIDATION_ERROR', { fields: Object.fromEntries(fields) })
}
