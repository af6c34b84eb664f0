import * as z from 'zod'
import { fail } from '../errors.ts'
import { unwrap, type Operation } from './operations.ts'

export interface RestRequest {
  params: Readonly<Record<string, string>>
  query: URLSearchParams
  /** Undefined when nothing was sent. */
  body: unknown
}

/**
 * The procedure's input, put together from the path, and from the query for GET, else from the body.
 * What does not fit is passed on for the input's schema to refuse.
 * @throws VALIDATION_ERROR for what the operation does not know
 */
export function readInput(operation: Operation, { params, query, body = {} }: RestRequest): unknown {
  const { method, input, pathParameters } = operation
  if (method !== 'GET') refuse([...query.keys()])
  const given = method === 'GET' ? fromQuery(operation, query) : body
  if (!input) return refuse(isObject(given) ? Object.keys(given) : [''])
  if (!isObject(given)) return given
  refuse(Object.keys(given).filter((key) => pathParameters.includes(key)))
  return { ...given, ...fromPath(operation, params) }
}

const isObject = (value: unknown): value is object =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

function fromPath({ shape, pathParameters }: Operation, params: RestRequest['params']): object {
  return Object.fromEntries(pathParameters.map((name) => [name, coerce(shape?.[name], [params[name] ?? ''])]))
}

function fromQuery({ shape }: Operation, query: URLSearchParams): object {
  const keys = [...new Set(query.keys())]
  return Object.fromEntries(keys.map((key) => [key, coerce(shape?.[key], query.getAll(key))]))
}

function coerce(schema: z.ZodType | undefined, values: string[]): unknown {
  const target = schema && unwrap(schema)
  if (target instanceof z.ZodArray)
    return values.map((value) => coerceOne(unwrap(target.element as z.ZodType), value))
  return values.length === 1 ? coerceOne(target, values[0] ?? '') : values
}

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
