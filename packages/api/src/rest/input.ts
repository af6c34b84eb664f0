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
export function readInput(operation: Operation, { params, query, body }: RestRequest): unknown {
  const isGet = operation.method === 'GET'
  if (!isGet) refuseUnknown([...query.keys()], [])
  const given = isGet ? fromQuery(operation, query) : fromBody(body)
  const { shape, pathParameters } = operation
  if (shape || !operation.input) {
    refuseUnknown(
      Object.keys(given),
      Object.keys(shape ?? {}).filter((key) => !pathParameters.includes(key)),
    )
  }
  return operation.input ? { ...given, ...fromPath(operation, params) } : undefined
}

function fromPath({ shape, pathParameters }: Operation, params: RestRequest['params']): object {
  return Object.fromEntries(pathParameters.map((name) => [name, coerce(shape?.[name], [params[name] ?? ''])]))
}

function fromBody(body: unknown): object {
  if (body === undefined) return {}
  if (typeof body === 'object' && body !== null && !Array.isArray(body)) return body
  throw fail('VALIDATION_ERROR', { fields: { '': ['Expected an object'] } })
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

function refuseUnknown(given: string[], known: string[]): void {
  const unknown = given.filter((key) => !known.includes(key)).slice(0, 20)
  if (unknown.length === 0) return
  throw fail('VALIDATION_ERROR', {
    fields: Object.fromEntries(unknown.map((key) => [key, ['Unknown field']])),
  })
}
