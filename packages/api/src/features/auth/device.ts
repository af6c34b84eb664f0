import Bowser from 'bowser'

/** `Firefox on Linux`, as far as the agent tells. */
export function deviceOf(userAgent: string | undefined): string {
  if (!userAgent) return 'Unknown device'
  const { browser, os } = Bowser.parse(userAgent.slice(0, 500))
  const program = browser.name || (/^[\w.-]+/.exec(userAgent)?.[0] ?? 'Unknown program')
  return (os.name ? `${program} on ${os.name}` : program).slice(0, 100)
}
