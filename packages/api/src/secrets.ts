import { createCipheriv, createDecipheriv, createHash, createHmac, hkdfSync, randomBytes } from 'node:crypto'

export const sha256 = (value: string): Buffer => createHash('sha256').update(value).digest()

/** An unguessable token for a row, made again whenever it is needed, so that it is stored nowhere. */
export function tokenFor(secret: string, purpose: string, rowId: string): string {
  return hmac(secret, purpose, rowId).toString('base64url')
}

/** What is the same for the same text, and tells nothing of it to those without the secret. */
export function hmac(secret: string, purpose: string, text: string): Buffer {
  return createHmac('sha256', keyFor(secret, purpose)).update(text).digest()
}

/** AES-256-GCM. The purpose is part of the key: what is encrypted for one cannot be decrypted as another. */
export function encrypt(secret: string, purpose: string, plaintext: string): Buffer {
  const iv = randomBytes(12)
  const cipher = createCipheriv('aes-256-gcm', keyFor(secret, purpose), iv)
  return Buffer.concat([iv, cipher.update(plaintext, 'utf8'), cipher.final(), cipher.getAuthTag()])
}

/** Tries every secret, so that what an older one encrypted stays readable. */
export function decrypt(secrets: readonly string[], purpose: string, encrypted: Buffer): string {
  for (const secret of secrets) {
    const decipher = createDecipheriv('aes-256-gcm', keyFor(secret, purpose), encrypted.subarray(0, 12))
    decipher.setAuthTag(encrypted.subarray(-16))
    try {
      return decipher.update(encrypted.subarray(12, -16), undefined, 'utf8') + decipher.final('utf8')
    } catch {
      continue
    }
  }
  throw new Error(`No APP_SECRET decrypts this ${purpose}: was the one that encrypted it removed?`)
}

function keyFor(secret: string, purpose: string): Buffer {
  return Buffer.from(hkdfSync('sha256', secret, 'tenon', purpose, 32))
}
