import { execFile } from 'node:child_process'
import { mkdir, rm, writeFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { appRouter, declaredErrors, errorCatalogue, restOperations } from '@tenon/api'
import openapiTS, { astToString } from 'openapi-typescript'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import * as z from 'zod'
import { startTestServer, type TestServer } from '../testing/index.ts'
import { rows, type Rung } from '../testing/procedure-rows.ts'
import { send } from '../testing/requests.ts'

const named = z.record(z.string(), z.unknown())
const operationSchema = z.looseObject({
  operationId: z.string(),
  tags: z.tuple([z.string()]),
  summary: z.string(),
  description: z.string().optional(),
  parameters: z.array(z.looseObject({ name: z.string(), in: z.string() })).optional(),
  security: z.array(named),
  responses: z.record(
    z.string(),
    z.looseObject({ description: z.string(), headers: named.optional(), content: named.optional() }),
  ),
})
const documentSchema = z.looseObject({
  openapi: z.literal('3.1.0'),
  tags: z.array(z.strictObject({ name: z.string(), description: z.string() })),
  paths: z.record(z.string(), z.record(z.string(), operationSchema)),
  components: z.looseObject({ schemas: named, securitySchemes: named }),
})

const permissions: Record<string, string> = {
  'admin.users.list': 'users:read',
  'admin.users.get': 'users:read',
  'admin.users.suspend': 'users:suspend',
  'admin.users.restore': 'users:suspend',
  'admin.users.setRole': 'users:write',
  'admin.users.endSessions': 'users:suspend',
  'admin.users.sendReset': 'users:write',
  'notifications.send': 'notifications:send',
  'admin.audit.list': 'audit:read',
  'admin.jobs.overview': 'jobs:read',
  'admin.jobs.list': 'jobs:read',
  'admin.jobs.get': 'jobs:read',
  'admin.jobs.retry': 'jobs:manage',
  'admin.jobs.retryAll': 'jobs:manage',
  'admin.jobs.cancel': 'jobs:manage',
  'admin.jobs.reschedule': 'jobs:manage',
  'admin.jobs.failures': 'jobs:read',
  'admin.jobs.crons': 'jobs:read',
  'admin.jobs.workers': 'jobs:read',
  'admin.jobs.depth': 'jobs:read',
}

const isRecent = (rung: Rung) => rung.startsWith('recent')

let server: TestServer
let document: z.output<typeof documentSchema>

beforeAll(async () => {
  server = await startTestServer()
  const { json } = await send('GET', `${server.url}/openapi.json`)
  document = documentSchema.parse(json)
})
afterAll(() => server.stop())

const operations = () => Object.values(document.paths).flatMap((path) => Object.values(path))
const operation = (id: string) => {
  const found = operations().find(({ operationId }) => operationId === id)
  if (!found) throw new Error(`no operation ${id}`)
  return found
}

describe('the document', () => {
  it('has every procedure with a route, by its own name', () => {
    expect(
      operations()
        .map(({ operationId }) => operationId)
        .toSorted(),
    ).toEqual(
      restOperations(appRouter)
        .map(({ name }) => name)
        .toSorted(),
    )
    expect(operation('users.get').tags).toEqual(['users'])
    expect(document.tags).toContainEqual({ name: 'users', description: 'People and their profiles' })
    expect(document.tags.filter(({ description }) => description.startsWith('Operations of'))).toEqual([])
  })

  it('names its shapes', () => {
    const names = [
      'User',
      'PublicUser',
      'UserCreate',
      'UserUpdate',
      'Post',
      'PostCreate',
      'PostUpdate',
      'Session',
      'AdminUser',
      'AccountEvent',
      'AuditEvent',
      'PersonalData',
      'Error',
    ]
    expect(Object.keys(document.components.schemas)).toEqual(expect.arrayContaining(names))
    expect(document.components.schemas.UserCreate).toMatchObject({ additionalProperties: false })
    expect(JSON.stringify(document)).not.toMatch(/passwordHash|tokenHash/)
  })

  it('tells every code that an operation may answer, under its status', () => {
    for (const { operationId, responses } of operations()) {
      for (const code of declaredErrors(operationId)) {
        const { status } = errorCatalogue[code]
        expect(responses[status]?.description, operationId).toContain(`\`${code}\``)
        expect(responses[status]?.content).toMatchObject({
          'application/json': {
            schema: { $ref: '#/components/schemas/Error' },
            examples: { [code]: { value: { error: { code } } } },
          },
        })
      }
    }
    expect(Object.keys(operation('users.create').responses)).toEqual(
      '201 400 401 403 409 413 415 422 429 500 503 504'.split(' '),
    )
    expect(Object.keys(operation('posts.get').responses)).toEqual(
      '200 400 401 404 429 500 503 504'.split(' '),
    )
    expect(operation('posts.publish').responses['403']?.description).toContain('`EMAIL_NOT_VERIFIED`')
  })

  it('tells where a created object lives, and how long to wait', () => {
    expect(operation('users.create').responses['201']?.headers).toHaveProperty('Location')
    for (const { responses } of operations()) {
      expect(responses['401']?.headers).toHaveProperty('WWW-Authenticate')
      expect(responses['429']?.headers).toHaveProperty('Retry-After')
      expect(responses['503']?.headers).toHaveProperty('Retry-After')
    }
  })

  it('tells who may call', () => {
    const signedIn = [{ session: [] }, { bearer: [] }]
    expect(operation('users.create').security).toEqual([])
    expect(operation('posts.get').security).toEqual([{}, ...signedIn])
    expect(operation('users.me').security).toEqual(signedIn)
    expect(document.components.securitySchemes).toMatchObject({
      session: { type: 'apiKey', in: 'cookie', name: '__Host-tenon_session' },
      bearer: { type: 'http', scheme: 'bearer' },
    })
  })

  it('tells what more than a sign-in an operation needs', () => {
    const needs = operations().map(({ operationId, description = '', responses }) => {
      const recent = description.includes('Needs a sign-in of the last 10 minutes.')
      const permission = /Needs the permission `([\w:]+)`\./.exec(description)?.[1]
      const refusals = responses['403']?.description ?? ''
      const codes = ['FORBIDDEN', 'REAUTHENTICATION_REQUIRED', 'EMAIL_NOT_VERIFIED']
      return [operationId, { recent, permission, codes: codes.filter((code) => refusals.includes(code)) }]
    })
    const expected = Object.entries(rows).map(([name, { rung }]) => [
      name,
      {
        recent: isRecent(rung),
        permission: permissions[name],
        codes: [
          // Of what a stream may bring, the jobs are the staff's.
          ...(/session|recent|staff|admin/.test(rung) || name === 'live.stream' ? ['FORBIDDEN'] : []),
          ...(isRecent(rung) ? ['REAUTHENTICATION_REQUIRED'] : []),
          // A post may be published as it is written.
          ...(rung === 'verified' || name === 'posts.create' ? ['EMAIL_NOT_VERIFIED'] : []),
        ],
      },
    ])
    expect(Object.fromEntries(needs)).toEqual(Object.fromEntries(expected))
  })

  it('tells that the last admin stays', () => {
    const named = operations().filter(({ responses }) => responses['409']?.description.includes('LAST_ADMIN'))
    expect(named.map(({ operationId }) => operationId).toSorted()).toEqual([
      'admin.users.setRole',
      'admin.users.suspend',
      'users.delete',
    ])
  })

  it('tells which operations take a key, what it is answered with, and how long to wait', () => {
    const keyed = operations().filter(({ parameters }) =>
      parameters?.some(({ name }) => name === 'Idempotency-Key'),
    )
    const declared = restOperations(appRouter).filter(({ meta }) => meta.idempotent)
    const namesOf = (names: string[]) => names.toSorted()
    expect(namesOf(keyed.map(({ operationId }) => operationId))).toEqual(
      namesOf(declared.map(({ name }) => name)),
    )
    expect(keyed.map(({ operationId }) => operationId)).toContain('users.create')
    for (const { parameters, responses } of keyed) {
      expect(parameters).toContainEqual(
        expect.objectContaining({ in: 'header', schema: expect.objectContaining({ maxLength: 255 }) }),
      )
      const success = Object.entries(responses).find(([status]) => status.startsWith('2'))?.[1]
      expect(success?.headers).toHaveProperty('Idempotent-Replayed')
      expect(responses['409']?.description).toContain('`IDEMPOTENCY_IN_FLIGHT`')
      expect(responses['409']?.headers).toHaveProperty('Retry-After')
      expect(responses['422']?.description).toContain('`IDEMPOTENCY_MISMATCH`')
    }
  })

  it('tells that a stream is one, and how to go on with it', () => {
    const { responses, parameters } = operation('live.stream')
    expect(responses['200']?.content).toEqual({
      'text/event-stream': { schema: { $ref: '#/components/schemas/LiveEvent' } },
    })
    const schema = { type: 'array', minItems: 1, maxItems: 4, uniqueItems: true }
    expect(parameters).toMatchObject([
      { in: 'header', name: 'Last-Event-ID' },
      { in: 'query', name: 'topics', required: true, schema },
      { in: 'query', name: 'lastEventId' },
    ])
    expect(responses['400']?.description).toContain('`CURSOR_INVALID`')
  })

  it('has an answer without a body where there is nothing to say', () => {
    expect(operation('users.delete').responses['204']).toEqual({ description: 'Done' })
  })
})

describe('a client that is generated from it', () => {
  const folder = fileURLToPath(new URL('../../reports/generated-client/', import.meta.url))

  it('type-checks, refuses what is wrong, and works', async () => {
    await rm(folder, { recursive: true, force: true })
    await mkdir(folder, { recursive: true })
    const files = {
      'api.ts': astToString(await openapiTS(JSON.stringify(document))),
      'consumer.ts': consumer,
      'tsconfig.json': JSON.stringify({
        extends: '../../../../tsconfig.base.json',
        compilerOptions: { lib: ['es2024', 'dom'], types: [] },
        include: ['.'],
      }),
    }
    for (const [name, content] of Object.entries(files)) await writeFile(folder + name, content)
    const tsc = fileURLToPath(import.meta.resolve('typescript/package.json')).replace(
      'package.json',
      'bin/tsc',
    )
    await promisify(execFile)(process.execPath, [tsc, '-p', folder]).catch(({ stdout }) =>
      expect(stdout).toBe(''),
    )

    const { use }: { use(url: string): Promise<unknown> } = await import(`${folder}consumer.ts`)
    expect(await use(`${server.url}/api/v1`)).toEqual({
      taken: 'EMAIL_TAKEN',
      titles: ['Changed'],
      stale: 'VERSION_CONFLICT',
      limit: 'VALIDATION_ERROR',
      deleted: 204,
    })
  })
})

/** Somebody else's program: `openapi-fetch` over the generated types. */
const consumer = `
import createClient from 'openapi-fetch'
import type { components, paths } from './api.ts'

export async function use(baseUrl: string) {
  const api = createClient<paths>({ baseUrl })
  const body = { email: 'gen@example.com', username: 'generated', password: 'Correct7Horse' }
  const { data: user } = await api.POST('/users', { body })
  const again = await api.POST('/users', { body })
  const code: components['schemas']['Error']['error']['code'] | undefined = again.error?.error.code
  const name: string | null | undefined = user?.name
  // @ts-expect-error there is no password
  void user?.password
  // @ts-expect-error the username is missing
  void api.POST.bind(null, '/users', { body: { email: 'a@example.com', password: 'Correct7Horse' } })
  // @ts-expect-error there is no such route
  void api.GET.bind(null, '/nothing')
  void name

  const credentials = { email: body.email, password: body.password, tokenInBody: true }
  const signedIn = await api.POST('/auth/sessions', { body: credentials })
  const headers = { authorization: \`Bearer \${signedIn.data?.token}\` }
  const { data: post } = await api.POST('/posts', { body: { title: 'Generated', body: '' }, headers })
  const path = { id: post?.id ?? '' }
  const version: number = post?.version ?? 0
  await api.PATCH('/posts/{id}', { params: { path }, body: { title: 'Changed', version }, headers })
  const stale = await api.PATCH('/posts/{id}', { params: { path }, body: { title: 'Lost', version }, headers })
  const drafts = await api.GET('/posts', { params: { query: { drafts: true, limit: 5 } }, headers })
  const limit = await api.GET('/posts', { params: { query: { limit: 1000 } } })
  const deleted = await api.DELETE('/posts/{id}', { params: { path }, headers })
  return {
    taken: code,
    titles: drafts.data?.items.map(({ title }) => title),
    stale: stale.error?.error.code,
    limit: limit.error?.error.code,
    deleted: deleted.response.status,
  }
}
`
