import { mkdir, mkdtemp, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { appRouter } from '../../api/src/router.ts'
import { generateApi } from './support/generated-api.ts'
import { check, tsc } from './support/tsc.ts'

const packageDir = join(import.meta.dirname, '..')
let folder: string

// Not under node_modules: of what it finds there the compiler writes no declarations.
beforeAll(async () => {
  await mkdir(join(packageDir, 'reports'), { recursive: true })
  folder = await mkdtemp(join(packageDir, 'reports/type-cost-'))
  await generateApi(folder, 20, 10)
  await check(join(folder, 'api'), tsc, '--singleThreaded')
  await stat(join(folder, 'types/feature0.d.ts'))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

test('a client that calls all of 200 procedures costs at most 15,000 instantiations', async () => {
  const { instantiations } = await check(join(folder, 'own'), tsc, '--singleThreaded')
  console.log(`200 procedures: ${instantiations} instantiations`)
  expect(instantiations).toBeGreaterThan(1_000)
  expect(instantiations).toBeLessThanOrEqual(15_000)
})

test("the same by tRPC's own client type costs at most 30,000", async () => {
  const { instantiations } = await check(join(folder, 'trpc'), tsc, '--singleThreaded')
  console.log(`200 procedures, typed by tRPC: ${instantiations} instantiations`)
  expect(instantiations).toBeLessThanOrEqual(30_000)
})

test('the real API costs at most 100 instantiations for each procedure, and 1,500', async () => {
  const source = `import type { ProcedurePath, TenonClient } from '../../../dist/index.js'
type Leaves<Tree> = Tree extends (...args: never) => infer Answer ? Answer : { [Key in keyof Tree]: Leaves<Tree[Key]> }[keyof Tree]
export declare const answers: Leaves<TenonClient>
export declare const paths: Record<ProcedurePath, true>
`
  await mkdir(join(folder, 'real'))
  await writeFile(join(folder, 'real/client.ts'), source)
  await writeFile(join(folder, 'real/tsconfig.json'), JSON.stringify(realProject))
  const { instantiations } = await check(join(folder, 'real'), tsc, '--singleThreaded')
  const procedures = Object.keys(appRouter._def.procedures).length
  console.log(`the real API: ${procedures} procedures, ${instantiations} instantiations`)
  expect(instantiations).toBeGreaterThan(procedures)
  expect(instantiations).toBeLessThanOrEqual(1_500 + 100 * procedures)
})

const realProject = {
  extends: '../own/tsconfig.json',
  compilerOptions: { skipLibCheck: true },
  files: ['client.ts'],
}
