import { createHash, randomBytes } from 'node:crypto'

/** What is stored of a secret with more randomness than anybody can try: its SHA-256, as hexadecimal digits. */
export function hashSecret(secret: string): string {
  return createHash('sha256').update(secret).digest('hex')
}

/** A new secret of 256 random bits, as it stands in links and keys. */
export function newSecret(): string {
  return randomBytes(32).toString('base64url')
}
