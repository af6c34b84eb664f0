import { spawn, type ChildProcess, type SpawnOptions } from 'node:child_process'
import { once } from 'node:events'
import { onTestFinished } from 'vitest'

export interface Owner {
  process: ChildProcess
  url: string
  port: number
}

/** Another process that starts PostgreSQL and then only waits: one that can be killed. */
export async function spawnOwner(
  start: string,
  options: SpawnOptions = {},
  module = new URL('../index.ts', import.meta.url).href,
): Promise<Owner> {
  const program = `
    import { startLocalPostgres, startTestPostgres } from ${JSON.stringify(module)}
    const postgres = await ${start}.catch((error) => (console.log(JSON.stringify({ error: error.message })), process.exit(1)))
    console.log(JSON.stringify({ url: postgres.url(), port: postgres.port }))
    process.on('SIGTERM', async () => { await postgres.stop(); process.exit(0) })
    setInterval(() => {}, 1000)`
  const stdio = ['ignore', 'pipe', 'inherit'] as const
  const child = spawn(process.execPath, ['--input-type=module-typescript', '-e', program], {
    ...options,
    stdio: [...stdio],
  })
  onTestFinished(() => void child.kill('SIGKILL'))
  const [chunk] = (await once(child.stdout!, 'data')) as [Buffer]
  const answer = JSON.parse(String(chunk)) as { url: string; port: number; error?: string }
  if (answer.error) throw new Error(answer.error)
  return { process: child, ...answer }
}

export async function kill(owner: Owner, signal: NodeJS.Signals): Promise<void> {
  const ended = once(owner.process, 'exit')
  owner.process.kill(signal)
  await ended
}
