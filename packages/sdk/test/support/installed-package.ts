import { execFile } from 'node:child_process'
import { cp, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'

const run = promisify(execFile)
const packageDir = join(import.meta.dirname, '../..')

export interface Installed {
  /** The consumer's own folder, which holds the files of test/consumer. */
  folder: string
  /** Of the tarball. */
  bytes: number
  /** Where the package lies in it, and the files there. */
  packageDir: string
  files: string[]
  remove(): Promise<void>
}

/** Packs the SDK as a release would, and installs the tarball in a folder that knows nothing of this workspace. */
export async function installPacked(): Promise<Installed> {
  const folder = await mkdtemp(join(tmpdir(), 'tenon-sdk-'))
  await run('pnpm', ['pack', '--out', join(folder, 'sdk.tgz')], { cwd: packageDir })
  await cp(join(packageDir, 'test/consumer'), folder, { recursive: true })
  await writeFile(join(folder, 'package.json'), JSON.stringify(await consumer()))
  await run(
    'pnpm',
    ['install', '--prefer-offline', '--no-frozen-lockfile', '--ignore-workspace', '--ignore-scripts'],
    {
      cwd: folder,
    },
  )

  const installed = join(folder, 'node_modules/@tenon/sdk')
  return {
    folder,
    bytes: (await readFile(join(folder, 'sdk.tgz'))).length,
    packageDir: installed,
    files: (await readdir(installed, { recursive: true, withFileTypes: true }))
      .filter((entry) => entry.isFile() && !entry.parentPath.includes('sdk/node_modules'))
      .map((entry) => join(entry.parentPath, entry.name).slice(installed.length + 1))
      .toSorted(),
    remove: () => rm(folder, { recursive: true, force: true }),
  }
}

async function consumer() {
  const versionOf = async (name: string): Promise<string> =>
    JSON.parse(await readFile(join(packageDir, 'node_modules', name, 'package.json'), 'utf8')).version
  return {
    name: 'consumer',
    private: true,
    type: 'module',
    dependencies: { '@tenon/sdk': 'file:./sdk.tgz', '@trpc/client': await versionOf('@trpc/client') },
    devDependencies: { typescript: await versionOf('typescript'), 'typescript-5': 'npm:typescript@5.9.3' },
  }
}
