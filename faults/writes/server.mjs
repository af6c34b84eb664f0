import { startProgram } from '../programs.mjs'
import { takePort } from '../port.mjs'

const program = new URL('../../apps/server/src/main.ts', import.meta.url)

/** The server as it is deployed, HTTP and worker in one process, beside its database; killed and started on one port. */
export async function startServer({ url: databaseUrl, dataDir, smtpUrl, more = {}, opened }) {
  const port = await takePort()
  const url = `http://localhost:${port}`
  const env = {
    NODE_ENV: 'development',
    DATABASE_URL: databaseUrl,
    DATA_DIR: dataDir,
    SMTP_URL: smtpUrl,
    RATE_LIMIT_FACTOR: '0',
    PORT: `${port}`,
    LOG_LEVEL: 'warn',
    ...more,
  }
  const printed = []
  let current = start()
  opened.defer(() => current.program.kill())
  await current.ready

  function start() {
    const { promise, resolve, reject } = Promise.withResolvers()
    const started = startProgram(program, env, (line) => {
      printed.push(line)
      if (line.startsWith('Tenon is ready')) resolve()
    })
    // Late is no failure any more.
    void started.exited.then(() =>
      reject(new Error(`The server did not start:\n${printed.slice(-20).join('\n')}`)),
    )
    promise.catch(() => {})
    return { program: started, ready: promise }
  }

  return {
    url,
    printed,
    /** Kills it and starts it again. @returns the id of the process that was */
    async killAndStart() {
      const { pid } = current.program
      await current.program.kill()
      current = start()
      await current.ready
      return pid
    },
    /** Like an operator would; @returns whether it ended in time */
    stop: () => current.program.end(25_000),
  }
}
