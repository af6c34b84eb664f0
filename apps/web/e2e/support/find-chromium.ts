import { existsSync, globSync } from 'node:fs'
import { homedir } from 'node:os'
import { delimiter, join } from 'node:path'
import { unpackChromium } from './unpack-chromium.ts'

export interface FoundBrowser {
  program: string
  /** Where libraries are that the system may lack. */
  libraries?: string
}

/** Where a Chromium may be, in the order in which they are tried; undefined where there is none. */
export const places: [name: string, find: () => Promise<FoundBrowser | undefined>][] = [
  ['TENON_CHROMIUM', async () => found(process.env['TENON_CHROMIUM'])],
  ["the system's Chromium", async () => found(onPath().find(existsSync))],
  ["Playwright's Chromium", async () => found(inPlaywrightCache().at(-1))],
  ['@sparticuz/chromium', unpackChromium],
]

const found = (program: string | undefined) => (program ? { program } : undefined)

function onPath(): string[] {
  const names = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable']
  const folders = (process.env['PATH'] ?? '').split(delimiter).filter(Boolean)
  return names.flatMap((name) => folders.map((folder) => join(folder, name)))
}

function inPlaywrightCache(): string[] {
  const caches = {
    linux: join(homedir(), '.cache/ms-playwright'),
    darwin: join(homedir(), 'Library/Caches/ms-playwright'),
    win32: join(homedir(), 'AppData/Local/ms-playwright'),
  }
  const cwd =
    process.env['PLAYWRIGHT_BROWSERS_PATH'] || caches[process.platform as keyof typeof caches] || caches.linux
  const programs = [
    'chrome',
    'chrome.exe',
    'headless_shell',
    'chrome-headless-shell',
    'Chromium',
    'Google Chrome for Testing',
  ]
  return globSync(`chromium*/**/{${programs.join()}}`, { cwd })
    .map((path) => join(cwd, path))
    .sort()
}
