import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { createServer, type AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { joinLocalPostgres } from '@tenon/local-postgres'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { makeTestDataDir, startTestSystem, type TestDataDir, type TestSystem } from './testing/index.ts'
import { bearer, send } from './testing/requests.ts'
import { spawnTenon } from './testing/test-system.ts'

const program = (name: string) => fileURLToPath(new URL(name, import.meta.url))

let dataDir: TestDataDir
const started: TestSystem[] = []
beforeEach(async () => void (dataDir = await makeTestDataDir()))
afterEach(async () => {
  for (const system of started.splice(0)) await system.kill()
  await dataDir.remove()
})

async function startSystem(env: Record<string, string> = {}): Promise<TestSystem> {
  const system = await startTestSystem({ dataDir: dataDir.path, env })
  started.push(system)
  return system
}

async function outcome(child: ChildProcess) {
  const [[code], stdout, stderr] = await Promise.all([
    once(child, 'exit'),
    child.stdout ? text(child.stdout) : '',
    child.stderr ? text(child.stderr) : '',
  ])
  return { code, stdout, stderr }
}

const ada = { email: 'ada@example.com', username: 'ada', password: 'Correct7Horse' }
const register = (url: string, body: object = ada) => send('POST', `${url}/api/v1/users`, { body })

async function signIn(url: string): Promise<string> {
  const body = { email: ada.email, password: ada.password, tokenInBody: true }
  const { json } = await send('POST', `${url}/api/v1/auth/sessions`, { body })
  return (json as { token: string }).token
}

describe('the system', () => {
  it('says where everything is, ends at Ctrl-C, pressed twice, and finds its data at the next start', async () => {
    const first = await startSystem()
    const { url } = first
    expect(first.output.trim().split('\n')).toEqual([
      `Web app   ${url}`,
      `API docs  ${url}/docs`,
      `Mailbox   ${url}/dev/mail`,
      expect.stringMatching(
        /^Admin {5}http:\S+\/sign-in as admin@example\.com, password \S{20,} \(shown this once\)$/,
      ),
      `Tenon is ready on ${url}`,
    ])
    expect((await send('GET', `${url}/readyz`)).status).toBe(200)
    expect((await register(url)).status).toBe(201)
    const [mail] = await first.mails(ada.email)
    expect(mail).toMatchObject({ to: ada.email, text: expect.stringContaining(`${url}/verify#token=`) })
    const token = await signIn(url)
    const post = await send('POST', `${url}/api/v1/posts`, {
      body: { title: 'Notes', body: '' },
      headers: bearer(token),
    })
    expect(post.status).toBe(201)

    const startedAt = performance.now()
    first.process.kill('SIGINT')
    expect(await first.stop()).toBe(0)
    expect(performance.now() - startedAt).toBeLessThan(15_000)
    expect(await joinLocalPostgres(dataDir.path)).toBeUndefined()

    const second = await startSystem()
    expect(second.output).not.toContain('password')
    const list = await send('GET', `${second.url}/api/v1/posts?drafts=true`, { headers: bearer(token) })
    expect(list).toMatchObject({ status: 200, json: { items: [{ title: 'Notes' }] } })
    expect(await second.stop()).toBe(0)
  })

  it('that was killed starts again, with every mail that it owed', async () => {
    const first = await startSystem({ WORKER: 'off' })
    expect((await register(first.url)).status).toBe(201)
    await first.kill()

    const second = await startSystem()
    expect(await second.mails(ada.email)).toHaveLength(1)
    expect((await register(second.url)).status).toBe(409)
    expect(await second.stop()).toBe(0)
  })

  it('may be a server without a worker and a worker beside it', async () => {
    const server = await startSystem({ WORKER: 'off' })
    const { url } = server
    const worker = spawnTenon(program('worker.ts'), [], { DATA_DIR: dataDir.path, PUBLIC_URL: url })
    await register(url)
    expect(await server.mails(ada.email)).toHaveLength(1)
    worker.kill('SIGTERM')
    expect(await outcome(worker)).toMatchObject({ code: 0, stdout: 'Tenon is working\n' })
    expect(await server.stop()).toBe(0)
  })

  it('does not start twice on the same data', async () => {
    const first = await startSystem()
    const second = await outcome(spawnTenon(program('main.ts'), [], { DATA_DIR: dataDir.path, PORT: '0' }))
    expect(second).toMatchObject({ code: 1, stdout: '' })
    expect(second.stderr).toContain(String(first.process.pid))
    expect((await send('GET', `${first.url}/readyz`)).status).toBe(200)
    await first.stop()
  })
})

describe('a start that can not be says why in a line, and is exit 1, when', () => {
  const start = (env: Record<string, string>) =>
    outcome(spawnTenon(program('main.ts'), [], { DATA_DIR: dataDir.path, ...env }))

  it('its port is in use', async () => {
    const holder = createServer().listen(0, '127.0.0.1')
    await once(holder, 'listening')
    const { port } = holder.address() as AddressInfo
    expect(await start({ PORT: String(port) })).toEqual({
      code: 1,
      stdout: '',
      stderr: `Tenon: Port ${port} on 127.0.0.1 is in use. Stop what uses it, or set PORT to another.\n`,
    })
    holder.close()
  })

  it('its settings are wrong', async () => {
    expect(
      await start({ PORT: 'abc', LOG_LEVEL: 'loud', DATABASE_URL: 'mysql://root:hunter2@db/x' }),
    ).toEqual({
      code: 1,
      stdout: '',
      stderr:
        'Tenon: PORT: expected a whole number from 0 to 65535\n' +
        'Tenon: DATABASE_URL: expected something like postgres://user:password@host:5432/tenon\n' +
        'Tenon: LOG_LEVEL: expected one of trace, debug, info, warn, error, fatal, silent\n',
    })
  })

  it('its database does not answer', async () => {
    const { code, stderr } = await start({
      PORT: '0',
      DATABASE_URL: 'postgres://tenon:hunter2@127.0.0.1:1/tenon',
    })
    expect({ code, stderr }).toEqual({
      code: 1,
      stderr: 'Tenon: PostgreSQL does not answer on 127.0.0.1:1. Is DATABASE_URL right?\n',
    })
  })
})
