import { chromium, type BrowserServer } from 'playwright-core'
import { places, type FoundBrowser } from './find-chromium.ts'

// What a container without a display, without a sandbox of its own and without a way out needs.
const args = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  // Where the page stands is asked right after it was scrolled.
  '--disable-smooth-scrolling',
]

/** The first Chromium that starts and shows a page. @throws with the reason of each that did not */
export async function launchChromium(): Promise<BrowserServer> {
  const reasons: string[] = []
  for (const [name, find] of places) {
    try {
      const browser = await find()
      if (browser) return await launchEitherWay(browser)
      reasons.push(`${name}: none`)
    } catch (error) {
      reasons.push(`${name}: ${firstLine(error)}`)
    }
  }
  throw new Error(`no Chromium starts here. ${reasons.join('; ')}`)
}

/** With the system's own libraries if it has them. */
async function launchEitherWay({ program, libraries }: FoundBrowser): Promise<BrowserServer> {
  try {
    return await launch(program)
  } catch (error) {
    if (!libraries) throw error
    return launch(program, { LD_LIBRARY_PATH: libraries })
  }
}

async function launch(executablePath: string, env: Record<string, string> = {}): Promise<BrowserServer> {
  const server = await chromium.launchServer({ executablePath, args, env: { ...process.env, ...env } })
  try {
    const browser = await chromium.connect(server.wsEndpoint())
    await (await browser.newPage()).goto('about:blank')
    await browser.close()
    return server
  } catch (error) {
    await server.kill()
    throw error
  }
}

const firstLine = (error: unknown) => (error instanceof Error ? error.message : String(error)).split('\n')[0]
