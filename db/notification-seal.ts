import { createCipheriv, createDecipheriv, createHmac, randomBytes } from 'node:crypto'

/** Bytes of the random salt that a message's own key is derived with, of its nonce, and of its tag. */
const SALT = 16
const NONCE = 12
const TAG = 16
const CIPHER = 'aes-256-gcm'

/** Bytes of the secret that nodes share. */
export const SECRET_LENGTH = 32

/**
 * So many bytes of text fit into a notification.
 *
 * @param payload bytes that a notification may have
 */
export function roomIn(payload: number): number {
  return Math.floor(payload / 4) * 3 - SALT - NONCE - TAG
}

/**
 * Seals text for those who share the secret: nobody else can read it, or make what `unseal` takes. Each message has a
 * key of its own, so random nonces do not come near their limit, however long the secret is used.
 */
export function seal(secret: Buffer, text: string): string {
  const random = randomBytes(SALT + NONCE)
  const cipher = createCipheriv(CIPHER, keyOf(secret, random), random.subarray(SALT))
  const sealed = [random, cipher.update(text, 'utf8'), cipher.final(), cipher.getAuthTag()]
  return Buffer.concat(sealed).toString('base64')
}

/** The text; null for whatever was not sealed with this secret, or is not whole. */
export function unseal(secret: Buffer, payload: string): string | null {
  const bytes = Buffer.from(payload, 'base64')
  if (bytes.length < SALT + NONCE + TAG) {
    return null
  }
  const decipher = createDecipheriv(
    CIPHER,
    keyOf(secret, bytes),
    bytes.subarray(SALT, SALT + NONCE),
  )
  decipher.setAuthTag(bytes.subarray(-TAG))
  try {
    const text = decipher.update(bytes.subarray(SALT + NONCE, -TAG))
    return Buffer.concat([text, decipher.final()]).toString('utf8')
  } catch {
    return null
  }
}

function keyOf(secret: Buffer, random: Buffer): Buffer {
  return createHmac('sha256', secret).update(random.subarray(0, SALT)).digest()
}
