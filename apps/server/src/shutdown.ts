import type { Logger } from 'pino'

const longestMs = 14_500

/**
 * Runs `stop` at the first signal or unforeseen error, and ends the process: with 0 after a clean stop. A second Ctrl-C
 * changes nothing, as a terminal sends it to the parent too, which passes it on.
 */
export function stopOnSignal(log: Logger, stop: () => Promise<void>): void {
  let isStopping = false
  const begin = (code: number) => {
    if (isStopping) return
    isStopping = true
    setTimeout(() => process.exit(1), longestMs).unref()
    stop().then(
      () => process.exit(code),
      (err: unknown) => {
        log.error({ err }, 'the stop failed')
        process.exit(1)
      },
    )
  }
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => begin(0))
  for (const event of ['uncaughtException', 'unhandledRejection'] as const) {
    process.on(event, (err: unknown) => {
      log.fatal({ err }, 'an error that nobody expected: stopping')
      begin(1)
    })
  }
}
