import { expect, it } from 'vitest'
import { decrypt, encrypt, tokenFor } from './secrets.ts'

const rowId = '0198c5f2-6a52-7c3e-9d0a-3b1f6c2e8a44'

it('a token is the same whenever it is made again, and another for each secret, purpose and row', () => {
  const token = tokenFor('secret', 'verify', rowId)
  expect(token).toMatch(/^[\w-]{43}$/)
  expect(tokenFor('secret', 'verify', rowId)).toBe(token)
  const others = [
    tokenFor('other', 'verify', rowId),
    tokenFor('secret', 'reset', rowId),
    tokenFor('secret', 'verify', rowId.replace('0', '1')),
  ]
  expect(new Set([token, ...others]).size).toBe(4)
})

it('what is encrypted is read again, and looks different each time', () => {
  const encrypted = encrypt('secret', 'key', 'Ådå 😀')
  expect(decrypt(['secret'], 'key', encrypted)).toBe('Ådå 😀')
  expect(encrypt('secret', 'key', 'Ådå 😀').equals(encrypted)).toBe(false)
})

it('an older secret still decrypts', () => {
  expect(decrypt(['new', 'old'], 'key', encrypt('old', 'key', 'text'))).toBe('text')
})

it('another secret, another purpose or a changed byte decrypts nothing', () => {
  const encrypted = encrypt('secret', 'key', 'text')
  const changed = Buffer.from(encrypted)
  changed[14]! ^= 1
  expect(() => decrypt(['other'], 'key', encrypted)).toThrow('APP_SECRET')
  expect(() => decrypt(['secret'], 'other', encrypted)).toThrow('APP_SECRET')
  expect(() => decrypt(['secret'], 'key', changed)).toThrow('APP_SECRET')
})
