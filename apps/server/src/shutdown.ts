import type { Logger } from 'pino'

const longestMs = 14_500

/** The process, as far as it takes part in its end. */
export interface Host {
  on(event: string, listener: (error: unknown) => void): unknown
  exit(code: number): void
}

/**
 * Runs `stop` at the first signal or unforeseen error, and ends the process: with 0 after a clean stop. A second Ctrl-C
 * changes nothing, as a terminal sends it to the parent too, which passes it on.
 */
export function stopOnSignal(log: Logger, stop: () => Promise<void>, host: Host = process): void {
  let isStopping = false
  const begin = (code: number) => {
    if (isStopping) return
    isStopping = true
    setTimeout(() => host.exit(1), longestMs).unref()
    stop().then(
      () => host.exit(code),
      (err: unknown) => {
        log.error({ err }, 'the stop failed')
        host.exit(1)
      },
    )
  }
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) host.on(signal, () => begin(0))
  for (const event of ['uncaughtException', 'unhandledRejection']) {
    host.on(event, (err) => {
      log.fatal({ err }, 'an error that nobody expected: stopping')
      begin(1)
    })
  }
}
