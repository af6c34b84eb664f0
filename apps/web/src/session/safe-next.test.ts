import { expect, test } from 'vitest'
import { safeNext } from './safe-next.ts'

const origin = 'http://localhost:3000'

test.each(['/', '/posts/new', '/posts/1?a=b#c', '/users/%2F%2Fevil.example', '/@evil.example'])(
  'an address on this origin is kept: %s',
  (next) => expect(safeNext(next, origin)).toBe(next),
)

test.each([
  undefined,
  7,
  '',
  'posts',
  'https://evil.example',
  '//evil.example',
  '/\\evil.example',
  '/\t/evil.example',
  '/\n/evil.example',
  '/.//evil.example',
  '/x/..//evil.example',
  '\\\\evil.example',
  '%2F%2Fevil.example',
  'javascript:alert(1)',
  ' /posts',
  `//${'a'.repeat(300)}:99999`,
])('anything else leads to the start page: %s', (next) => expect(safeNext(next, origin)).toBe('/'))
