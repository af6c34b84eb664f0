import { copyFile, mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

/**
 * Writes an API of many procedures in the shape of packages/api, beside the SDK's own client type, and two clients
 * that call every one: one typed by the SDK, one by tRPC.
 */
export async function generateApi(folder: string, features: number, proceduresEach: number): Promise<void> {
  const names = range(features).map((feature) => `feature${feature}`)
  for (const name of ['api', 'own', 'trpc']) await mkdir(join(folder, name), { recursive: true })
  for (const name of ['calls.ts', 'streams.ts'])
    await copyFile(join(import.meta.dirname, '../../src', name), join(folder, 'api', name))
  const files = {
    'api/api-error.ts': 'export interface ApiError extends Error { code: string }',
    'api/trpc.ts': trpc,
    'api/api.ts': router(names),
    ...Object.fromEntries(names.map((name) => [`api/${name}.ts`, feature(name, proceduresEach)])),
    'api/tsconfig.json': project({ declaration: true, emitDeclarationOnly: true, outDir: '../types' }, [
      'calls.ts',
    ]),
    'own/client.ts': ownClient + calls(names, proceduresEach),
    'own/tsconfig.json': project({ noEmit: true }, ['client.ts']),
    'trpc/client.ts': trpcClient + calls(names, proceduresEach),
    'trpc/tsconfig.json': project({ noEmit: true }, ['client.ts']),
    'package.json': '{ "type": "module" }',
  }
  for (const [name, text] of Object.entries(files)) await writeFile(join(folder, name), text)
}

/** Every tenth is a stream. */
const kindOf = (number: number) =>
  number % 10 === 9 ? 'subscription' : number % 2 === 0 ? 'query' : 'mutation'

const range = (length: number) => Array.from({ length }, (_, index) => index)

const trpc = `import { initTRPC } from '@trpc/server'
export interface Context { database: Map<string, unknown>; user: { id: string } | null }
const identity = { serialize: (value: unknown) => value, deserialize: (value: unknown) => value }
const t = initTRPC.context<Context>().create({ transformer: identity })
export const publicProcedure = t.procedure
export const userProcedure = publicProcedure.use(({ ctx, next }) => {
  if (!ctx.user) throw new Error('sign in')
  return next({ ctx: { user: ctx.user } })
})
`

const feature = (name: string, procedures: number) => `import * as z from 'zod'
import { tracked } from '@trpc/server'
import { publicProcedure, userProcedure } from './trpc.ts'
const item = z.object({
  id: z.uuid(), title: z.string(), body: z.string(), count: z.int(), isDone: z.boolean(),
  tags: z.array(z.string()), author: z.object({ id: z.uuid(), name: z.string().nullable() }), createdAt: z.iso.datetime(),
})
const page = z.object({ items: z.array(item), nextCursor: z.string().nullable() })
export const ${name} = {
${range(procedures)
  .map((number) => ({ query, mutation, subscription })[kindOf(number)](number))
  .join('\n')}
}
`

const query = (number: number) => `  p${number}: publicProcedure
    .input(z.strictObject({ limit: z.int().min(1).max(100).default(20), cursor: z.string().optional(), q${number}: z.string() }))
    .output(page)
    .query(() => ({ items: [], nextCursor: null })),`

const mutation = (number: number) => `  p${number}: userProcedure
    .input(z.strictObject({ id: z.uuid(), title: z.string().optional(), value${number}: z.int() }))
    .output(item)
    .mutation(({ input }) => ({
      id: input.id, title: '', body: '', count: 0, isDone: false, tags: [], author: { id: '', name: null }, createdAt: '',
    })),`

const subscription = (number: number) => `  p${number}: userProcedure
    .input(z.strictObject({ topics: z.array(z.enum(['a', 'b'])), lastEventId: z.string().optional(), q${number}: z.string() }))
    .subscription(async function* () {
      yield tracked('1', { id: '1', topic: 'a', kind: '', data: {} as Record<string, unknown>, at: '' })
    }),`

const router = (names: string[]) => `import type { TRPCBuiltRouter } from '@trpc/server'
${names.map((name) => `import type { ${name} } from './${name}.ts'`).join('\n')}
interface PublicRoot {
  ctx: object
  meta: object
  errorShape: { code: number; message: string; data: { code: string; httpStatus: number } }
  transformer: true
}
interface AppRecord {
${names.map((name) => `  ${name}: typeof ${name}`).join('\n')}
}
export type AppRouter = TRPCBuiltRouter<PublicRoot, Pick<AppRecord, keyof AppRecord>>
`

const ownClient = `import type { TenonClient } from '../types/calls.js'
declare const client: TenonClient
`

const trpcClient = `import type { TRPCClient } from '@trpc/client'
import type { AppRouter } from '../types/api.js'
declare const client: TRPCClient<AppRouter>
`

const calls = (names: string[], procedures: number) =>
  names.flatMap((name) => range(procedures).map((number) => call(name, number))).join('\n')

const call = (name: string, number: number) => {
  const procedure = `client.${name}.p${number}`
  return {
    query: `export const ${name}p${number}: (string | null)[] = (await ${procedure}.query({ q${number}: 'a' })).items.map((item) => item.author.name)`,
    mutation: `export const ${name}p${number}: boolean = (await ${procedure}.mutate({ id: 'a', value${number}: 1 })).isDone`,
    subscription: `${procedure}.subscribe({ topics: ['a'], q${number}: 'a' }, { onData: ({ data }) => { const kind: string = data.kind; void kind } })`,
  }[kindOf(number)]
}

const project = (options: object, files: string[]) =>
  JSON.stringify({
    compilerOptions: {
      target: 'es2024',
      lib: ['es2024', 'esnext.disposable', 'dom'],
      module: 'nodenext',
      strict: true,
      skipLibCheck: true,
      allowImportingTsExtensions: true,
      rewriteRelativeImportExtensions: !('noEmit' in options),
      types: [],
      ...options,
    },
    files,
  })
