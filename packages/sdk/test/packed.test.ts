import { execFile } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { startTestServer } from '@tenon/server/testing'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { installPacked, type Installed } from './support/installed-package.ts'
import { definitionOf } from './support/language-server.ts'
import { check, tsc } from './support/tsc.ts'

let installed: Installed
beforeAll(async () => {
  installed = await installPacked()
})
afterAll(() => installed.remove())

/** This repository's TypeScript, and the one before it, which many frontends still use. */
const compilerOf = (name: 'typescript' | 'typescript-5') =>
  join(installed.folder, 'node_modules', name, 'bin/tsc')

const bundler = ['--module', 'preserve', '--moduleResolution', 'bundler']

test('the tarball holds code, declarations, their maps and sources, a README and the licence', () => {
  console.log(`${installed.files.length} files, ${installed.bytes} bytes packed`)
  expect(installed.files.filter((file) => !file.startsWith('dist/sources/'))).toEqual([
    'LICENSE',
    'README.md',
    ...['index', 'trpc'].flatMap((name) =>
      ['.d.ts', '.d.ts.map', '.js', '.js.map'].map((end) => `dist/${name}${end}`),
    ),
    'package.json',
  ])
  expect(installed.bytes).toBeLessThan(100_000)
})

test.for([
  ['nodenext', 'typescript', []],
  ['bundler', 'typescript', bundler],
  ['nodenext and TypeScript 5.9', 'typescript-5', []],
] as const)(
  'a consumer checks under strict and skipLibCheck: false by %s, and what is wrong in it is refused',
  async ([, compiler, options]) => {
    await check(installed.folder, compilerOf(compiler), ...options)
  },
)

test("tRPC's own tools take its client where libraries are not checked", async () => {
  await check(join(installed.folder, 'tsconfig.trpc.json'), compilerOf('typescript'))
})

test('declarations name no package but those of tRPC', async () => {
  const named = new Set<string>()
  for (const name of ['index', 'trpc']) {
    const text = await readFile(join(installed.packageDir, `dist/${name}.d.ts`), 'utf8')
    expect(text).not.toMatch(/kysely|fastify|lucia|graphile|zod|pino|node:|@tenon\/api|<reference/i)
    for (const [, from] of text.matchAll(/(?:from|import\()\s*["']([^"']+)["']/g)) named.add(from!)
  }
  expect([...named].toSorted()).toEqual([
    './index.js',
    '@trpc/client',
    '@trpc/server',
    '@trpc/server/unstable-core-do-not-import',
  ])
})

test('maps lead to files that are in the tarball', async () => {
  for (const name of ['index', 'trpc']) {
    const map = JSON.parse(await readFile(join(installed.packageDir, `dist/${name}.d.ts.map`), 'utf8'))
    expect(map).not.toHaveProperty('sourcesContent')
    for (const source of map.sources as string[]) expect(installed.files).toContain(join('dist', source))
  }
})

test.for([
  ['client.users.create', 'api/src/features/users/router.ts', /^ {2}create: /],
  ['client.auth.signOut', 'api/src/features/auth/router.ts', /^ {2}signOut: /],
  ['createClient', 'sdk/src/client.ts', /^export function createClient/],
  ['error.details', 'sdk/src/api-error.ts', /^ {2}readonly details: /],
] as const)('the definition of %s is its own line in %s', async ([text, file, line]) => {
  const found = await definitionOf(tsc, join(installed.folder, 'calls.ts'), text)
  expect(found).toEqual({
    file: expect.stringMatching(new RegExp(`dist/sources/${file}$`)),
    line: expect.stringMatching(line),
  })
})

/** What a program of the consumer prints about a real server. */
async function toldBy(program: string): Promise<unknown> {
  const server = await startTestServer()
  try {
    const { stdout } = await promisify(execFile)(process.execPath, [
      join(installed.folder, program),
      server.url,
    ])
    return JSON.parse(stdout)
  } finally {
    await server.stop()
  }
}

test('calls a real server', async () => {
  expect(await toldBy('run.mjs')).toEqual(told)
})

test('with a real server nothing is done twice and no event is missed, whatever becomes of a connection', async () => {
  expect(await toldBy('streams.mjs')).toEqual({
    username: 'bob',
    attempts: 2,
    keys: 1,
    isReplayed: true,
    mismatch: '422 IDEMPOTENCY_MISMATCH',
    kinds: ['session.reauthenticated', 'session.reauthenticated', 'session.ended'].map(
      (kind) => `security ${kind}`,
    ),
    isNewer: true,
    states: [
      'connecting',
      'live',
      'reconnecting: NETWORK',
      'live',
      'reconnecting: NETWORK',
      'stopped: UNAUTHORIZED',
    ],
    end: 'ApiError UNAUTHORIZED',
  })
})

const refused = (status: number, code: string, details: object, isForeseen = false) => ({
  code,
  status,
  details,
  isForeseen,
  hasRequestId: true,
})

const told = {
  user: {
    id: 'string',
    username: 'ada',
    name: 'Ada',
    createdAt: 'string',
    email: 'ada@example.com',
    emailVerified: false,
    role: 'user',
    updatedAt: 'string',
  },
  me: 'ada',
  many: 1,
  mixed: ['fulfilled', 'UNAUTHORIZED'],
  taken: refused(409, 'EMAIL_TAKEN', { field: 'email' }, true),
  invalid: refused(400, 'VALIDATION_ERROR', { fields: { email: [expect.any(String)] } }, true),
  missing: refused(404, 'NOT_FOUND', {}),
  badToken: refused(401, 'UNAUTHORIZED', {}, true),
  tooLarge: refused(413, 'PAYLOAD_TOO_LARGE', {}),
  tooLong: refused(431, 'HEADERS_TOO_LARGE', {}),
  headersTooLarge: refused(431, 'HEADERS_TOO_LARGE', {}),
  elsewhere: refused(404, 'NOT_FOUND', {}),
  forbidden: refused(403, 'FORBIDDEN', {}, true),
  wrongPassword: refused(401, 'INVALID_CREDENTIALS', {}, true),
  madeUpToken: refused(400, 'TOKEN_INVALID', {}, true),
  recentUntil: 'string',
  events: [
    'session.reauthenticated success',
    'session.reauthenticated failure',
    'session.started success',
    'user.registered success',
  ],
  signedOut: null,
  afterwards: refused(401, 'UNAUTHORIZED', {}, true),
}
