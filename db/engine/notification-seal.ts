import { createCipheriv, createDecipheriv, createHmac, randomBytes } from 'node:crypto'

/** Byte lengths of the random salt from which the key of a message is derived, of the nonce, and of the tag. */
const SALT_BYTES = 16
const NONCE_BYTES = 12
const TAG_BYTES = 16
const CIPHER = 'aes-256-gcm'

/** Byte length of the secret that the nodes share. */
export const SECRET_LENGTH = 32

/**
 * The most bytes of text that fit into one notification.
 * @param payload the most bytes of a notification
 */
export function roomIn(payload: number): number {
  return Math.floor(payload / 4) * 3 - SALT_BYTES - NONCE_BYTES - TAG_BYTES
}

/**
 * Encrypts and authenticates text for holders of the secret. Each message has its own key, so random nonces stay far
 * below their collision limit, however long the secret is used.
 */
export function seal(secret: Buffer, text: string): string {
  const random = randomBytes(SALT_BYTES + NONCE_BYTES)
  const cipher = createCipheriv(CIPHER, keyOf(secret, random), random.subarray(SALT_BYTES))
  const sealed = [random, cipher.update(text, 'utf8'), cipher.final(), cipher.getAuthTag()]
  return Buffer.concat(sealed).toString('base64')
}

/** The decrypted text; null when the payload was not sealed with this secret or was changed. */
export function unseal(secret: Buffer, payload: string): string | null {
  const bytes = Buffer.from(payload, 'base64')
  if (bytes.length < SALT_BYTES + NONCE_BYTES + TAG_BYTES) {
    return null
  }
  const decipher = createDecipheriv(
    CIPHER,
    keyOf(secret, bytes),
    bytes.subarray(SALT_BYTES, SALT_BYTES + NONCE_BYTES),
  )
  decipher.setAuthTag(bytes.subarray(-TAG_BYTES))
  try {
    const text = decipher.update(bytes.subarray(SALT_BYTES + NONCE_BYTES, -TAG_BYTES))
    return Buffer.concat([text, decipher.final()]).toString('utf8')
  } catch {
    return null
  }
}

function keyOf(secret: Buffer, random: Buffer): Buffer {
  return createHmac('sha256', secret).update(random.subarray(0, SALT_BYTES)).digest()
}
