import type { BrowserContext, ConsoleMessage } from 'playwright-core'

export interface Problems {
  found: string[]
  watch: (context: BrowserContext) => Promise<void>
  /** The browser logs every refused request; these answers are what the test is about. */
  expectStatus: (...statuses: number[]) => void
  /** It logs every lost connection, too. */
  expectLostConnections: () => void
}

/** Errors and warnings in the console, errors that nobody caught, and what the content policy refused. */
export function watchProblems(): Problems {
  const found: string[] = []
  const expected = new Set<number>()
  let mayLoseConnections = false

  return {
    found,
    expectStatus: (...statuses) => statuses.forEach((status) => expected.add(status)),
    expectLostConnections: () => (mayLoseConnections = true),
    async watch(context) {
      context.on(
        'console',
        (message) =>
          isProblem(message) &&
          found.push(`${message.text()} (${message.location().url} on ${message.page()?.url()})`),
      )
      context.on('weberror', (error) => found.push(String(error.error())))
      await context.exposeFunction('tenonReportViolation', (violation: string) => found.push(violation))
      await context.addInitScript(() =>
        document.addEventListener(
          'securitypolicyviolation',
          ({ violatedDirective, blockedURI, sourceFile }) =>
            Reflect.get(
              globalThis,
              'tenonReportViolation',
            )(`CSP: ${violatedDirective} ${blockedURI} ${sourceFile}`),
        ),
      )
    },
  }

  function isProblem(message: ConsoleMessage): boolean {
    if (message.type() !== 'error' && message.type() !== 'warning') return false
    if (mayLoseConnections && message.text().startsWith('Failed to load resource: net::ERR_')) return false
    const status = /^Failed to load resource: the server responded with a status of (\d+)/.exec(
      message.text(),
    )?.[1]
    return !expected.has(Number(status))
  }
}
