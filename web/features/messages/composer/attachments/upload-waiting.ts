import { Upload } from 'tus-js-client'
import type { DetailedError } from 'tus-js-client'
import { basePath } from '../../../../base-path.ts'
import { mayUploadPass, UploadRefusedError } from '../../../../../shared/client/index.ts'
import type { OutboxFile, UploadFile } from '../../../../../shared/client/index.ts'
import { leftUploads } from './left-uploads.ts'

/** An earlier attempt has begun it, or the message box had. */
const BEGUN = 409

/** Stores a file of a message that waited. An upload that was cut goes on where it stopped, also from another tab. */
export const uploadWaiting: UploadFile = async (file, body, signal) => {
  const left = leftUploads.get(file.id)
  if (left && (await isWhole(left.whole, file.id, signal))) return
  const status = await attempt(file, body, signal, left || file.isBegun ? 'again' : 'anew')
  if (status === BEGUN) await attempt(file, body, signal, 'again')
}

/**
 * Waits for the upload that the message box has begun. It ends with the connection, because the next connection may be
 * of another person's login.
 */
async function isWhole(whole: Promise<void>, id: string, signal: AbortSignal): Promise<boolean> {
  const { promise: aborted, reject } = Promise.withResolvers<never>()
  const onAbort = (): void => {
    leftUploads.stop(id)
    reject(signal.reason)
  }
  signal.addEventListener('abort', onAbort)
  if (signal.aborted) onAbort()
  try {
    return await Promise.race([
      whole.then(
        () => true,
        () => false,
      ),
      aborted,
    ])
  } finally {
    signal.removeEventListener('abort', onAbort)
  }
}

/** Resolves with null when the server has the file, or with the status `BEGUN`. */
async function attempt(
  { id, name, mimeType }: OutboxFile,
  body: Blob,
  signal: AbortSignal,
  how: 'anew' | 'again',
): Promise<number | null> {
  // The connection, and perhaps the login, has ended meanwhile.
  signal.throwIfAborted()
  return new Promise((resolve, reject) => {
    const running = new Upload(body, {
      endpoint: `${basePath}/api/files/uploads`,
      ...(how === 'again' && { uploadUrl: `${basePath}/api/files/uploads/${id}` }),
      metadata: { filename: name, filetype: mimeType, id },
      // The outbox tries again.
      retryDelays: null,
      storeFingerprintForResuming: false,
      onSuccess: () => resolve(null),
      onError: (error) => {
        const status = statusOf(error)
        const isFinal = !mayUploadPass(status, headerOf(error, 'Retry-After'))
        if (status === BEGUN && how === 'anew') resolve(BEGUN)
        else reject(isFinal ? new UploadRefusedError(reasonOf(error)) : error)
      },
    })
    signal.addEventListener('abort', () => {
      void running.abort().catch(() => undefined)
      reject(signal.reason)
    })
    running.start()
  })
}

function statusOf(error: Error | DetailedError): number {
  return ('originalResponse' in error ? error.originalResponse?.getStatus() : null) ?? 0
}

function headerOf(error: Error | DetailedError, name: string): string | undefined {
  return 'originalResponse' in error ? error.originalResponse?.getHeader(name) : undefined
}

function reasonOf(error: Error | DetailedError): string {
  const said = 'originalResponse' in error ? error.originalResponse?.getBody() : null
  return said || error.message
}
