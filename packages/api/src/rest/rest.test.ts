import * as z from 'zod'
import { describe, expect, it } from 'vitest'
import type { Meta } from '../meta.ts'
import { nothing } from '../schemas.ts'
import { permitted, publicProcedure, recentProcedure, router } from '../trpc.ts'
import { openApiDocument } from './document.ts'
import { readInput, type RestRequest } from './input.ts'
import { restOperations } from './operations.ts'

const anything = z.unknown()
const rest = (route: NonNullable<Meta['rest']>) => publicProcedure.meta({ rest: route })

const shelves = router({
  list: rest('GET /shelves/{room}')
    .input(
      z.strictObject({
        room: z.int().optional(),
        limit: z.int().default(20),
        weight: z.number().nullable().optional(),
        isFull: z.boolean().optional(),
        tags: z.array(z.string()).optional(),
        rows: z.array(z.int()).default([]),
        kind: z.enum(['oak', 'pine']).optional(),
        kinds: z.array(z.enum(['oak', 'pine'])).optional(),
        label: z.string().trim().optional(),
      }),
    )
    .output(anything)
    .query(() => []),
  all: rest('GET /shelves')
    .output(anything)
    .query(() => []),
  move: rest('POST /shelves/{room}/move')
    .input(z.strictObject({ room: z.string(), to: z.string(), count: z.number().optional() }))
    .output(nothing)
    .mutation(() => null),
  find: rest('POST /shelves/find')
    .input(z.union([z.strictObject({ id: z.string() }), z.strictObject({ label: z.string() })]))
    .output(anything)
    .mutation(() => null),
  watch: rest('GET /shelves/watch')
    .meta({ streamOf: z.object({ fell: z.string() }) })
    .input(z.strictObject({ lastEventId: z.string().optional() }))
    .subscription(async function* () {}),
  hidden: publicProcedure.output(anything).query(() => null),
})

const operations = new Map(restOperations(shelves).map((operation) => [operation.name, operation]))

function read(
  name: string,
  request: { params?: RestRequest['params']; query?: string; body?: unknown } = {},
) {
  const operation = operations.get(name)
  if (!operation) throw new Error(`no operation ${name}`)
  const { params = {}, query = '', body } = request
  return readInput(operation, { params, query: new URLSearchParams(query), body })
}

describe('an input is read from the query', () => {
  it.each([
    ['limit=5', { limit: 5 }],
    ['limit=-5', { limit: -5 }],
    ['limit=1e2', { limit: 100 }],
    ['weight=1.5', { weight: 1.5 }],
    ['isFull=true', { isFull: true }],
    ['isFull=false', { isFull: false }],
    ['tags=a', { tags: ['a'] }],
    ['tags=a&tags=b%26c', { tags: ['a', 'b&c'] }],
    ['rows=1&rows=2', { rows: [1, 2] }],
    ['kind=oak', { kind: 'oak' }],
    ['kinds=oak&kinds=pine', { kinds: ['oak', 'pine'] }],
    ['kinds=oak,pine', { kinds: ['oak', 'pine'] }],
    ['tags=a,b', { tags: ['a,b'] }],
    ['label=5', { label: '5' }],
    ['label=true', { label: 'true' }],
    ['label=a+b', { label: 'a b' }],
  ])('%s', (query, input) => {
    expect(read('list', { params: { room: '3' }, query })).toEqual({ room: 3, ...input })
  })

  it.each([
    ['limit=abc', { limit: 'abc' }],
    ['limit=', { limit: '' }],
    ['limit=0x10', { limit: '0x10' }],
    ['limit=1&limit=2', { limit: ['1', '2'] }],
    ['isFull=1', { isFull: '1' }],
    ['isFull=', { isFull: '' }],
    ['rows=a', { rows: ['a'] }],
    ['constructor=1', { constructor: '1' }],
  ])('as it is, for the schema to refuse: %s', (query, input) => {
    expect(read('list', { params: { room: '3' }, query })).toEqual({ room: 3, ...input })
  })
})

describe('an input is read from the path and the body', () => {
  it('together', () => {
    expect(read('move', { params: { room: '7' }, body: { to: 'b', count: 2 } })).toEqual({
      room: '7',
      to: 'b',
      count: 2,
    })
  })

  it('of which the body may be missing, or be no object, for the schema to refuse', () => {
    expect(read('move', { params: { room: '7' } })).toEqual({ room: '7' })
    expect(read('move', { params: { room: '7' }, body: [1] })).toEqual([1])
    expect(read('find', { body: 'a' })).toBe('a')
  })

  it('where it is one of several shapes', () => {
    expect(read('find', { body: { label: 'a' } })).toEqual({ label: 'a' })
  })

  it('of a stream also from the header, which is newer than the address', () => {
    const operation = operations.get('watch')!
    const read = (query: string, lastEventId?: string) =>
      readInput(operation, { params: {}, query: new URLSearchParams(query), body: undefined, lastEventId })
    expect(read('lastEventId=1', '2')).toEqual({ lastEventId: '2' })
    expect(read('', '2')).toEqual({ lastEventId: '2' })
    expect(read('lastEventId=1')).toEqual({ lastEventId: '1' })
    expect(read('lastEventId=1', '')).toEqual({ lastEventId: '1' })
    const all = operations.get('all')!
    expect(
      readInput(all, { params: {}, query: new URLSearchParams(), body: undefined, lastEventId: '2' }),
    ).toBeUndefined()
  })

  it('and is nothing where nothing is asked for', () => {
    expect(read('all')).toBeUndefined()
    expect(read('all', { body: {} })).toBeUndefined()
  })
})

describe('a request is refused', () => {
  it.each([
    ['a query that repeats the path', 'list', { params: { room: '7' }, query: 'room=8' }, 'room'],
    ['a body that repeats the path', 'move', { params: { room: '7' }, body: { room: '8', to: 'b' } }, 'room'],
    ['a query beside a body', 'move', { params: { room: '7' }, query: 'to=b' }, 'to'],
    ['a query where nothing is asked for', 'all', { query: 'limit=1' }, 'limit'],
  ])('with %s', (_what, name, request, field) => {
    expect(() => read(name, request)).toThrow(
      expect.objectContaining({
        apiCode: 'VALIDATION_ERROR',
        details: { fields: { [field]: ['Unknown field'] } },
      }),
    )
  })
})

describe('a procedure that can not be a route is noticed at the start:', () => {
  const input = z.strictObject({ id: z.string() })
  it.each([
    ['states its output', rest('GET /a').query(() => 1)],
    [
      'GET is for queries',
      rest('GET /a')
        .output(anything)
        .mutation(() => 1),
    ],
    [
      'GET is for queries',
      rest('POST /a')
        .output(anything)
        .query(() => 1),
    ],
    ['states its output', rest('GET /a').subscription(async function* () {})],
    [
      'GET is for queries',
      rest('POST /a')
        .meta({ streamOf: anything })
        .subscription(async function* () {}),
    ],
    [
      'the input lacks id',
      rest('GET /a/{id}')
        .output(anything)
        .query(() => 1),
    ],
    [
      'the input lacks room',
      rest('GET /a/{room}')
        .input(input)
        .output(anything)
        .query(() => 1),
    ],
    [
      'unknown fields',
      rest('GET /a')
        .input(z.object({ a: z.string() }))
        .output(anything)
        .query(() => 1),
    ],
    [
      'one input',
      rest('GET /a')
        .input(input)
        .input(input)
        .output(anything)
        .query(() => 1),
    ],
  ])('%s', (message, procedure) => {
    expect(() => restOperations(router({ wrong: procedure }))).toThrow(message)
  })

  it('one without a route is none', () => {
    expect([...operations.keys()]).toEqual(['list', 'all', 'move', 'find', 'watch'])
  })
})

describe('the document', () => {
  const { paths = {} } = openApiDocument([...operations.values()])

  it('has parameters where they are read', () => {
    const parameters = paths['/shelves/{room}']?.get?.parameters ?? []
    expect(parameters).toEqual(
      expect.arrayContaining([
        expect.objectContaining({ in: 'path', name: 'room' }),
        expect.objectContaining({
          in: 'query',
          name: 'limit',
          schema: expect.objectContaining({ type: 'integer', default: 20 }),
        }),
        expect.objectContaining({
          in: 'query',
          name: 'tags',
          schema: expect.objectContaining({ type: 'array' }),
        }),
      ]),
    )
  })

  it('has in the body what is not in the path', () => {
    expect(paths['/shelves/{room}/move']?.post).toMatchObject({
      requestBody: {
        required: true,
        content: { 'application/json': { schema: { required: ['to'], additionalProperties: false } } },
      },
      responses: { 204: { description: 'Done' } },
    })
    expect(paths['/shelves']?.get?.requestBody).toBeUndefined()
  })

  it('says which permission an operation needs, and which ask for a recent sign-in', () => {
    const described = router({
      a: permitted('users:suspend')
        .meta({ rest: 'POST /a', description: 'Suspends.' })
        .output(anything)
        .mutation(() => null),
      b: recentProcedure
        .meta({ rest: 'POST /b' })
        .output(anything)
        .mutation(() => null),
      c: rest('POST /c')
        .output(anything)
        .mutation(() => null),
    })
    const document = openApiDocument(restOperations(described))
    const descriptions = ['/a', '/b', '/c'].map((path) => document.paths?.[path]?.post?.description)
    expect(descriptions).toEqual([
      'Suspends. Needs the permission `users:suspend`.',
      'Needs a sign-in of the last 10 minutes.',
      undefined,
    ])
  })
})
