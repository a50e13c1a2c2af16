import { createCipheriv, createDecipheriv, hkdfSync, randomBytes, randomUUID } from 'node:crypto'
import { link, mkdir, open, readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'

const KEY_FILE = 'mcp-key'
const VERSION = 'v1.'
const IV_BYTES = 12
const TAG_BYTES = 16
const SECRET_BYTES = 32

/** Encrypts the data of logins, each for one purpose: data that was sealed for another purpose cannot be opened. */
export type Sealing = {
  seal(value: unknown, purpose: string): string
  /** @returns null when it was sealed by another key, for another purpose, or was changed */
  open(sealed: string, purpose: string): unknown
}

/** @param secret of any length, with enough randomness */
export function createSealing(secret: Buffer): Sealing {
  const key = Buffer.from(hkdfSync('sha256', secret, '', 'throughline mcp logins', 32))
  return {
    seal: (value, purpose) => {
      const iv = randomBytes(IV_BYTES)
      const cipher = createCipheriv('aes-256-gcm', key, iv).setAAD(Buffer.from(purpose))
      const text = Buffer.concat([cipher.update(JSON.stringify(value), 'utf8'), cipher.final()])
      return VERSION + Buffer.concat([iv, cipher.getAuthTag(), text]).toString('base64url')
    },
    open: (sealed, purpose) => {
      if (!sealed.startsWith(VERSION)) return null
      const bytes = Buffer.from(sealed.slice(VERSION.length), 'base64url')
      try {
        const decipher = createDecipheriv('aes-256-gcm', key, bytes.subarray(0, IV_BYTES), {
          authTagLength: TAG_BYTES,
        })
          .setAAD(Buffer.from(purpose))
          .setAuthTag(bytes.subarray(IV_BYTES, IV_BYTES + TAG_BYTES))
        const text = decipher.update(bytes.subarray(IV_BYTES + TAG_BYTES), undefined, 'utf8')
        return JSON.parse(text + decipher.final('utf8'))
      } catch {
        return null
      }
    },
  }
}

/**
 * The secret by which logins are sealed: the operator's, else one that is made and kept in the data folder, apart from
 * a database elsewhere.
 */
export async function readSealingSecret(given: string | null, dataDir: string): Promise<Buffer> {
  if (given !== null) return Buffer.from(given)
  if (dataDir === 'memory:') return randomBytes(32)
  const path = join(dataDir, KEY_FILE)
  await mkdir(dataDir, { recursive: true })
  const secret = (await readIfThere(path)) ?? (await makeSecret(path))
  // A shorter secret could be guessed.
  if (secret.length !== SECRET_BYTES) {
    throw new Error(
      `The file ${KEY_FILE} in DATA_DIR has ${secret.length} bytes instead of ${SECRET_BYTES}. Restore it, or delete it: then everybody signs in to the MCP servers again.`,
    )
  }
  return secret
}

/** Writes the file atomically. Two processes that do so at once both read the file of the first. */
async function makeSecret(path: string): Promise<Buffer> {
  const written = `${path}.${randomUUID()}`
  const file = await open(written, 'wx', 0o600)
  try {
    await file.writeFile(randomBytes(SECRET_BYTES))
    await file.sync()
    await file.close()
    await link(written, path).catch((error: unknown) => {
      if (codeOf(error) !== 'EEXIST') throw error
    })
  } finally {
    await file.close()
    await rm(written, { force: true })
  }
  return readFile(path)
}

async function readIfThere(path: string): Promise<Buffer | null> {
  return readFile(path).catch((error: unknown) => {
    if (codeOf(error) !== 'ENOENT') throw error
    return null
  })
}

function codeOf(error: unknown): unknown {
  return error instanceof Error && 'code' in error ? error.code : undefined
}
