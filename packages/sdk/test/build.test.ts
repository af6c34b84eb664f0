import { execFile } from 'node:child_process'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect, onTestFinished, test } from 'vitest'

const packageDir = join(import.meta.dirname, '..')

/** Asks the build's last step about declarations; resolves with its complaint. */
async function complaintAbout(declarations: string): Promise<string | undefined> {
  await mkdir(join(packageDir, 'reports'), { recursive: true })
  const work = await mkdtemp(join(packageDir, 'reports/build-'))
  onTestFinished(() => rm(work, { recursive: true, force: true }))
  await mkdir(join(work, 'out'))
  await writeFile(join(work, 'out/index.d.ts'), declarations)
  await writeFile(join(work, 'out/trpc.d.ts'), '')
  const [module, ...folders] = [join(packageDir, 'build/check.mjs'), packageDir, work].map((one) =>
    JSON.stringify(one),
  )
  const program = `import { checkDeclarations } from ${module}; await checkDeclarations(${folders.join()})`
  const run = promisify(execFile)(process.execPath, ['--input-type=module', '--eval', program])
  return run.then(
    () => undefined,
    (error: { stderr: string }) => error.stderr,
  )
}

const routerOf = (types: string) => `import { TRPCBuiltRouter, TRPCMutationProcedure } from "@trpc/server";
interface Root { ctx: object; meta: object; errorShape: { code: number; message: string; data: object }; transformer: true }
export type AppRouter = TRPCBuiltRouter<Root, { users: { create: TRPCMutationProcedure<${types}> } }>;
`

test('declarations in which every procedure is known pass', async () => {
  expect(
    await complaintAbout(routerOf('{ input: { name: string }; output: null; meta: object }')),
  ).toBeUndefined()
})

test.for([
  ['a router that is any', 'export type AppRouter = any', "Type 'true' is not assignable to type 'false'"],
  ['an output that is unknown', routerOf('{ input: void; output: unknown; meta: object }'), '"users.create"'],
  ['an input that is any', routerOf('{ input: any; output: null; meta: object }'), '"users.create"'],
  [
    'an output that holds any',
    routerOf('{ input: void; output: { a: any[] }[]; meta: object }'),
    '"users.create"',
  ],
  [
    'a stream whose events hold any',
    routerOf('{ input: void; output: AsyncIterable<{ a: any }>; meta: object }'),
    '"users.create"',
  ],
  ["a server's package", 'export type Db = import("kysely").Kysely<object>', 'declarations name kysely'],
  ['no router', 'export {}', 'AppRouter'],
] as const)('the build fails at %s', async ([, declarations, complaint]) => {
  expect(await complaintAbout(declarations)).toContain(complaint)
})
