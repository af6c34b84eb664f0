import Bowser from 'bowser'

const browsers = new Set(Object.values(Bowser.BROWSER_MAP))
const systems = new Set(Object.values(Bowser.OS_MAP))

/**
 * `Firefox on Linux`, as far as the agent tells. An agent is a stranger's text, and this goes into mails: so a program is
 * one of those that are known, or a single word.
 */
export function deviceOf(userAgent: string | undefined): string {
  if (!userAgent) return 'Unknown device'
  const { browser, os } = Bowser.parse(userAgent.slice(0, 500))
  const program =
    known(browsers, browser.name) ?? /^[A-Za-z][\w-]{0,29}(?=\/|$)/.exec(userAgent)?.[0] ?? 'Unknown program'
  const system = known(systems, os.name)
  return system ? `${program} on ${system}` : program
}

const known = (names: ReadonlySet<string>, name: string | undefined) =>
  name !== undefined && names.has(name) ? name : undefined
