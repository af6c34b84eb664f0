import { expect, it } from 'vitest'
import { redactPayload, redactText } from './redact.ts'

it.each([
  'password',
  'newPassword',
  'passwd',
  'secret',
  'clientSecret',
  'token',
  'access_token',
  'tokens',
  'Authorization',
  'cookie',
  'Set-Cookie',
  'apiKey',
  'api_key',
  'privateKey',
])('what is called %s is not shown, wherever it hangs', (name) => {
  const payload = { a: [{ [name]: 'hush' }], [name]: { nested: 'hush' } }
  expect(redactPayload(payload)).toEqual({ a: [{ [name]: '[redacted]' }], [name]: '[redacted]' })
})

it('ids and times are shown, those of secrets too, and so is what is no text', () => {
  const payload = {
    tokenId: '0198c5f2-6a52-7c3e-9d0a-3b1f6c2e8a44',
    token_id: 7,
    secretIds: ['a'],
    tokenExpiresAt: '2026-01-31T09:30:00.000Z',
    postId: 'b',
    count: 3,
    isNew: false,
    none: null,
  }
  expect(redactPayload(payload)).toEqual(payload)
})

it.each<[unknown, unknown]>([
  ['ada@example.com', 'a…@example.com'],
  [{ to: 'Ada <ada.lovelace+x@mail.example.com>, b@b.de' }, { to: 'Ada <a…@mail.example.com>, b…@b.de' }],
  [{ 'ada@example.com': true }, { 'a…@example.com': true }],
  [['jürgen@exämple.de'], ['j…@exämple.de']],
  ['root@localhost', 'r…@localhost'],
  [undefined, undefined],
])('addresses in %j are masked', (payload, shown) => {
  expect(redactPayload(payload)).toEqual(shown)
  expect(redactPayload(shown)).toEqual(shown)
})

it.each([
  ['550 <bob@example.com> is unknown', '550 <b…@example.com> is unknown'],
  ['connect postgres://tenon:hush@db.example.com/x', 'connect postgres://tenon:[redacted]@db.example.com/x'],
  ['Authorization: Bearer abc.def-ghi', 'Authorization: Bearer [redacted]'],
  ['GET /reset#token=abcdef&x=1', 'GET /reset#token=[redacted]&x=1'],
  ['{"password":"hush hush"', '{"password":[redacted]'],
  ['at run (node_modules/pg@8.23.1/lib/client.js:5:3)', 'at run (node_modules/pg@8.23.1/lib/client.js:5:3)'],
])('of %s people see %s', (text, shown) => {
  expect(redactText(text, 1_000)).toBe(shown)
})

it('a payload of more than 4 kB becomes the beginning of its text, without its secrets', () => {
  const payload = { token: 'hush', body: 'ä'.repeat(5_000), email: 'ada@example.com' }
  const shown = redactPayload(payload)
  expect(shown).toMatch(/^\{"token":"\[redacted\]","body":"ä+…$/)
  expect(Buffer.byteLength(String(shown))).toBeLessThan(4_100)
  const small = { body: 'a'.repeat(4_000) }
  expect(redactPayload(small)).toEqual(small)
})

it('a text is cut to its length, and no character in two', () => {
  expect(redactText('abcdef', 4)).toBe('abc…')
  expect(redactText('abcdef', 6)).toBe('abcdef')
  expect(redactText('ab😀', 3).isWellFormed()).toBe(true)
})

it('what PostgreSQL does not take is not in it', () => {
  expect(redactPayload({ 'a\0': 'b\0\ud800' })).toEqual({ a: 'b\ufffd' })
  expect(redactText('\0boom', 10)).toBe('boom')
})

it('a payload without an end, in depth or length, is no trouble', () => {
  let deep: unknown = 'ada@example.com'
  for (let level = 0; level < 10_000; level++) deep = { deep }
  expect(JSON.stringify(redactPayload(deep))).toContain('[too deep]')
  const long = `${'a'.repeat(2_000_000)}@example.com`
  expect(String(redactPayload([long])).length).toBeLessThan(4_100)
})
