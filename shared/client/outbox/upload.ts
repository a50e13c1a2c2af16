import type { Token } from '../connection/connection.ts'
import type { OutboxFile } from './entry.ts'

/** Stores a file under its id; again it is the same file. Rejects with `UploadRefusedError` where trying again is no use. */
export type UploadFile = (file: OutboxFile, body: Blob, signal: AbortSignal) => Promise<void>

/** The server does not take this file. */
export class UploadRefusedError extends Error {
  constructor(message: string) {
    super(message)
    this.name = 'UploadRefusedError'
  }
}

/** Refusals that pass: nobody is signed in, too many requests, a proxy that waits. */
const PASSING = new Set([401, 408, 425, 429])

/**
 * Uploads over HTTP in one request.
 * @param base the server's address
 */
export function uploadTo(base: URL, token: Token | undefined): UploadFile {
  return async ({ id, name, mimeType }, body, signal) => {
    const given = typeof token === 'function' ? await token() : (token ?? null)
    const response = await fetch(new URL(`api/files?id=${id}`, base), {
      method: 'POST',
      headers: {
        'content-type': mimeType || 'application/octet-stream',
        'x-file-name': encodeURIComponent(name),
        ...(given !== null && { authorization: `Bearer ${given}` }),
      },
      body,
      signal,
    })
    if (response.ok) return
    const isFinal = response.status < 500 && !PASSING.has(response.status)
    const message = (await reasonIn(response)) ?? `The file was refused (${response.status})`
    throw isFinal ? new UploadRefusedError(message) : new Error(message)
  }
}

async function reasonIn(response: Response): Promise<string | null> {
  const said: unknown = await response.json().catch(() => null)
  return typeof said === 'object' &&
    said !== null &&
    'message' in said &&
    typeof said.message === 'string'
    ? said.message
    : null
}
