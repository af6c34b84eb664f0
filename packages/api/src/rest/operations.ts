import type { AnyTRPCRouter } from '@trpc/server'
import * as z from 'zod'
import type { Meta } from '../meta.ts'

/** A procedure as REST shows it, read from its metadata. */
export interface Operation {
  /** The procedure's path, `users.get`. */
  name: string
  meta: Meta
  type: ProcedureDefinition['type']
  method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  /** Under `/api/v1`, `/users/{id}`. */
  path: string
  pathParameters: string[]
  input: z.ZodType | undefined
  /** The fields of the input, where it is an object. */
  shape: Readonly<Record<string, z.ZodType>> | undefined
  /** Of a subscription: an event. */
  output: z.ZodType
  status: number
}

interface ProcedureDefinition {
  type: 'query' | 'mutation' | 'subscription'
  meta?: Meta
  inputs: z.ZodType[]
  output?: z.ZodType
}

/**
 * Every procedure with `meta.rest`.
 * @throws when one can't be a route: that is a mistake in the source, noticed at the start
 */
export function restOperations(router: AnyTRPCRouter): Operation[] {
  const procedures: [string, { _def: ProcedureDefinition }][] = Object.entries(router._def.procedures)
  return procedures.flatMap(([name, { _def }]) =>
    _def.meta?.rest ? [toOperation(name, _def, _def.meta)] : [],
  )
}

function toOperation(name: string, definition: ProcedureDefinition, meta: Meta): Operation {
  const [method, path] = (meta.rest ?? '').split(' ') as [Operation['method'], string]
  const pathParameters = [...path.matchAll(/\{(\w+)\}/g)].map(([, parameter]) => parameter ?? '')
  const input = definition.inputs[0]
  const shape = input && shapeOf(name, input)
  const { type } = definition
  const output = type === 'subscription' ? meta.streamOf : definition.output
  if (!output) throw new Error(`${name}: a REST operation states its output`)
  if ((method === 'GET') === (type === 'mutation'))
    throw new Error(`${name}: GET is for queries and subscriptions, and only for them`)
  if (definition.inputs.length > 1) throw new Error(`${name}: a REST operation has one input`)
  const unknown = pathParameters.filter((parameter) => !shape || !Object.hasOwn(shape, parameter))
  if (unknown.length > 0)
    throw new Error(`${name}: the input lacks ${unknown.join(', ')} of the path ${path}`)
  const status = output instanceof z.ZodNull ? 204 : (meta.status ?? 200)
  return { name, meta, type, method, path, pathParameters, input, shape, output, status }
}

function shapeOf(name: string, schema: z.ZodType): Readonly<Record<string, z.ZodType>> | undefined {
  const object = unwrap(schema)
  if (!(object instanceof z.ZodObject)) return undefined
  const isStrict = object.def.catchall instanceof z.ZodNever
  if (!isStrict) throw new Error(`${name}: its input lets unknown fields pass; make it a z.strictObject`)
  return object.shape
}

/** The schema under `.optional()`, `.default()` and the like. */
export function unwrap(schema: z.ZodType): z.ZodType {
  if (schema instanceof z.ZodOptional || schema instanceof z.ZodNullable)
    return unwrap(schema.unwrap() as z.ZodType)
  if (schema instanceof z.ZodDefault || schema instanceof z.ZodPrefault)
    return unwrap(schema.unwrap() as z.ZodType)
  if (schema instanceof z.ZodPipe) return unwrap(schema.in as z.ZodType)
  return schema
}
