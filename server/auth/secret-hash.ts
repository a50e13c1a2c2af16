import { createHash, randomBytes } from 'node:crypto'

/**
 * The stored form of a random secret: its SHA-256 in hexadecimal digits. It needs no salt, because nobody can try all
 * secrets.
 */
export function hashSecret(secret: string): string {
  return createHash('sha256').update(secret).digest('hex')
}

/** A new secret of 256 random bits, in the form for links and keys. */
export function newSecret(): string {
  return randomBytes(32).toString('base64url')
}
