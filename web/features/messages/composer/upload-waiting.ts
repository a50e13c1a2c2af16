import type { DetailedError } from 'tus-js-client'
import { basePath } from '../../../base-path.ts'
import { UploadRefusedError } from '../../../../shared/client/index.ts'
import type { OutboxFile, UploadFile } from '../../../../shared/client/index.ts'

/** Refusals that pass: nobody is signed in, another tab uploads the same file, too many requests. */
const PASSING = new Set([401, 408, 423, 425, 429])
/** An earlier attempt has begun it. */
const BEGUN = 409

/** Stores a file of a message that waited; what was cut goes on where it stopped, also from another tab. */
export const uploadWaiting: UploadFile = async (file, body, signal) => {
  const status = await attempt(file, body, signal, 'anew')
  if (status === BEGUN) await attempt(file, body, signal, 'again')
}

/** Resolves with null when the server has the file, or with the status `BEGUN`. */
async function attempt(
  { id, name, mimeType }: OutboxFile,
  body: Blob,
  signal: AbortSignal,
  how: 'anew' | 'again',
): Promise<number | null> {
  const tus = await import('tus-js-client')
  return new Promise((resolve, reject) => {
    const running = new tus.Upload(body, {
      endpoint: `${basePath}/api/files/uploads`,
      ...(how === 'again' && { uploadUrl: `${basePath}/api/files/uploads/${id}` }),
      metadata: { filename: name, filetype: mimeType, id },
      // The outbox tries again.
      retryDelays: null,
      storeFingerprintForResuming: false,
      onSuccess: () => resolve(null),
      onError: (error) => {
        const status = statusOf(error)
        const isFinal = status >= 400 && status < 500 && !PASSING.has(status)
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

function reasonOf(error: Error | DetailedError): string {
  const said = 'originalResponse' in error ? error.originalResponse?.getBody() : null
  return said || error.message
}
