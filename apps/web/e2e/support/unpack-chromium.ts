import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, readFile, rename, rm } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { FoundBrowser } from './find-chromium.ts'

const cache = fileURLToPath(new URL('../../node_modules/.cache/tenon-chromium', import.meta.url))

/** The Chromium that comes from the registry, for Linux on x64, with the few libraries that a bare system lacks. */
export async function unpackChromium(): Promise<FoundBrowser | undefined> {
  if (process.platform !== 'linux' || process.arch !== 'x64') return undefined
  const archives = archiveFolder()
  const folder = join(cache, await versionOf(archives))
  if (!existsSync(folder)) await unpackInto(folder, archives)
  return { program: join(folder, 'chromium'), libraries: join(folder, 'al2023/lib') }
}

/** In a folder of our own, and moved into its place when it is whole: an interrupted run leaves nothing half. */
async function unpackInto(folder: string, archives: string) {
  await mkdir(cache, { recursive: true })
  const temporary = await mkdtemp(join(cache, 'unpacking-'))
  const { TMPDIR } = process.env
  try {
    // The package always unpacks into the system's folder for temporary files.
    process.env['TMPDIR'] = temporary
    const { inflate } = await import('@sparticuz/chromium')
    for (const name of ['chromium.br', 'fonts.tar.br', 'swiftshader.tar.br', 'al2023.tar.br']) {
      await inflate(join(archives, name))
    }
    await rename(temporary, folder).catch((error: unknown) => {
      if (!existsSync(folder)) throw error
    })
  } finally {
    if (TMPDIR === undefined) delete process.env['TMPDIR']
    else process.env['TMPDIR'] = TMPDIR
    await rm(temporary, { recursive: true, force: true })
  }
}

function archiveFolder(): string {
  return join(dirname(createRequire(import.meta.url).resolve('@sparticuz/chromium')), '../bin')
}

async function versionOf(archives: string): Promise<string> {
  return JSON.parse(await readFile(join(archives, '../package.json'), 'utf8')).version
}
