import { join } from 'node:path'
import { createDevMailbox, mailCatalogue } from '@tenon/api'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { makeTestDataDir, startTestServer, type TestDataDir, type TestServer } from '../testing/index.ts'
import { errorOf, send } from '../testing/requests.ts'

let dataDir: TestDataDir
let server: TestServer

beforeAll(async () => {
  dataDir = await makeTestDataDir()
  const settings = {
    mailFrom: 'Tenon <tenon@example.com>',
    publicUrl: 'http://dev.example:3000',
    appSecrets: ['x'] as const,
  }
  const mailbox = createDevMailbox(join(dataDir.path, 'mail'), settings)
  server = await startTestServer({ mailbox, publicUrl: settings.publicUrl, trustProxy: ['127.0.0.1'] })
  await mailbox.send({ to: 'ada@example.com', subject: 'First', text: 'one', html: '<p>one</p>', key: '1' })
  await mailbox.send({
    to: 'bob@example.com',
    subject: '<script>alert(1)</script>',
    text: 'two </pre><script>alert(2)</script>',
    html: '<p onclick="alert(3)">two</p>"></iframe><script>alert(4)</script>',
    key: '2',
  })
})
afterAll(async () => {
  await server.stop()
  await dataDir.remove()
})

const look = (path = '', headers: Record<string, string> = {}) =>
  send('GET', `${server.url}/dev/mail${path}`, { headers: { accept: 'application/json', ...headers } })

describe('the mailbox', () => {
  it('lists what was sent, newest first', async () => {
    const answer = await look()
    expect(answer).toMatchObject({ status: 200, headers: { 'cache-control': 'no-store' } })
    expect(answer.json).toEqual({
      items: [
        expect.objectContaining({ to: 'bob@example.com' }),
        {
          id: expect.any(String),
          to: 'ada@example.com',
          from: 'Tenon <tenon@example.com>',
          subject: 'First',
          text: 'one',
          html: '<p>one</p>',
          messageId: '<1@dev.example>',
          createdAt: expect.stringMatching(/Z$/),
        },
      ],
    })
  })

  it('lists the mail to one address', async () => {
    expect((await look('?to=Ada%40example.com')).json).toMatchObject({ items: [{ subject: 'First' }] })
    expect((await look('?to=nobody%40example.com')).json).toEqual({ items: [] })
  })

  it.each(['text/html', '*/*', ''])(
    'is a page for who accepts %j, on which a mail can run nothing',
    async (accept) => {
      const answer = await look('', { accept })
      expect(answer.headers['content-type']).toBe('text/html; charset=utf-8')
      expect(answer.headers['content-security-policy']).toContain("default-src 'none'")
      expect(answer.headers['content-security-policy']).not.toContain('script-src')
      expect(answer.text).toContain('First')
      expect(answer.text).not.toContain('<script')
      for (const [, sandbox] of answer.text.matchAll(/<iframe[^>]* sandbox="([^"]*)"/g))
        expect(sandbox).not.toContain('scripts')
      expect(answer.text.match(/<iframe/g)).toHaveLength(2)
      expect((await look('?to=x"><script>', { accept: 'text/html' })).text).not.toContain('<script')
    },
  )
})

const framed = { 'x-frame-options': 'SAMEORIGIN', 'cache-control': 'no-store' }

describe('a mail by itself', () => {
  const findNewest = async () => {
    const { items } = (await look()).json as { items: { id: string; html: string }[] }
    return items[0]!
  }

  it('can be framed from here, and can run nothing, load nothing and be nobody', async () => {
    const { id, html } = await findNewest()
    const answer = await look(`/messages/${id}`)
    expect(answer).toMatchObject({ status: 200, headers: framed })
    expect(answer.headers['content-type']).toBe('text/html; charset=utf-8')
    const policy = String(answer.headers['content-security-policy']).split('; ')
    expect(policy).toEqual(
      expect.arrayContaining([
        "default-src 'none'",
        "form-action 'none'",
        "frame-ancestors 'self'",
        'sandbox allow-popups allow-popups-to-escape-sandbox',
      ]),
    )
    expect(policy.join()).not.toMatch(/script|allow-same-origin/)
    expect(answer.text).toBe(`<base target="_blank">${html}`)
  })

  it('is on the page, in a frame', async () => {
    const { id } = await findNewest()
    expect((await look('', { accept: 'text/html' })).text).toContain(`src="/dev/mail/messages/${id}"`)
  })

  it.each(['0198c5f2-6a52-7c3e-9d0a-3b1f6c2e8a44', 'x', '..%2F..%2Fapp-secret', '%00'])(
    'is not there as %s',
    async (id) => {
      expect(errorOf(await look(`/messages/${id}`), 'rest').status).toBe(404)
    },
  )
})

describe('the templates', () => {
  it('are listed, each with its subject', async () => {
    const { text, headers } = await look('/templates', { accept: 'text/html' })
    expect(headers['content-security-policy']).toContain("default-src 'none'")
    for (const { name } of mailCatalogue) expect(text).toContain(`href="/dev/mail/templates/${name}"`)
    expect(text).toContain('Confirm your address')
  })

  it.each(mailCatalogue.map(({ name }) => name))('%s is shown as HTML and as text', async (name) => {
    const { status, text } = await look(`/templates/${name}`, { accept: 'text/html' })
    expect(status).toBe(200)
    expect(text).toContain(`src="/dev/mail/templates/${name}/html"`)
    expect(text).toMatch(/<pre>[^<]*Hello ada,/)
    const html = await look(`/templates/${name}/html`)
    expect(html).toMatchObject({ status: 200, headers: framed })
    expect(html.text).toMatch(/^<!doctype html>\n<html lang="en">\n<head><base target="_blank">/)
    expect(html.text).toContain('Hello ada,')
  })

  it.each(['nothing', '__proto__', '%3Cscript%3E'])('there is none of the name %s', async (name) => {
    expect(errorOf(await look(`/templates/${name}`), 'rest').status).toBe(404)
    expect(errorOf(await look(`/templates/${name}/html`), 'rest').status).toBe(404)
  })
})

describe('it is there for this machine alone:', () => {
  it.each(['localhost:3000', '127.0.0.1', '[::1]:3000', 'dev.example:3000'])(
    'by the name %s',
    async (host) => {
      expect((await look('', { host })).status).toBe(200)
    },
  )

  it.each([
    'evil.example',
    'localhost.evil.example',
    '127.0.0.1.evil.example',
    'dev.example',
    '10.0.0.1:3000',
  ])('not by the name %s, which a page elsewhere could give it', async (host) => {
    expect(errorOf(await look('', { host }), 'rest')).toMatchObject({ status: 404, code: 'NOT_FOUND' })
  })

  it('nor is anything under it', async () => {
    const { items } = (await look()).json as { items: { id: string }[] }
    const paths = [`/messages/${items[0]!.id}`, '/templates', '/templates/verify', '/templates/verify/html']
    for (const path of paths) {
      expect((await look(path)).status).toBe(200)
      expect(errorOf(await look(path, { host: 'evil.example' }), 'rest').status).toBe(404)
    }
  })

  it.each([
    ['x-forwarded-for', '203.0.113.7'],
    ['x-forwarded-for', '127.0.0.1'],
    ['x-forwarded-host', 'tunnel.example'],
    ['forwarded', 'for=203.0.113.7'],
  ])('not for who comes through a proxy or a tunnel on it, with %s: %s', async (name, value) => {
    expect(errorOf(await look('', { [name]: value }), 'rest').status).toBe(404)
  })

  it('not where mail is really sent', async () => {
    const other = await startTestServer()
    expect((await send('GET', `${other.url}/dev/mail`)).status).toBe(404)
    await other.stop()
  })
})
