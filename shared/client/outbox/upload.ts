import type { Token } from '../connection/connection.ts'
import type { OutboxFile } from './entry.ts'

/**
 * Stores a file under its id; a repetition is the same file. Rejects with `UploadRefusedError` when another try is of
 * no use.
 */
export type UploadFile = (file: OutboxFile, body: Blob, signal: AbortSignal) => Promise<void>

/** The server refuses this file for good. */
export class UploadRefusedError extends Error {
  constructor(message: string) {
    super(message)
    this.name = 'UploadRefusedError'
  }
}

/**
 * Statuses after which another try may succeed: nobody is signed in, another upload of the same file is going on, or a
 * proxy timed out.
 */
const PASSING = new Set([401, 408, 423, 425])
/**
 * In seconds. A limit of requests ends within this time. A longer wait, or none, means that there is no room until
 * somebody makes some.
 */
const SHORT_WAIT = 60

/**
 * True when another try may succeed after such a response to an upload.
 *
 * @param retryAfter the response's header of this name
 */
export function mayUploadPass(status: number, retryAfter: string | null | undefined): boolean {
  if (status === 429) return Boolean(retryAfter) && Number(retryAfter) <= SHORT_WAIT
  return status < 400 || status >= 500 || PASSING.has(status)
}

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
    const isFinal = !mayUploadPass(response.status, response.headers.get('retry-after'))
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
