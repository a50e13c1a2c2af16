import { Upload } from 'tus-js-client'
import type { DetailedError } from 'tus-js-client'
import type { Running, UploadEvents, UploadPlace } from './attachments.ts'
import { leftUploads } from './left-uploads.ts'
import { t } from '../../../../language/t.ts'

/** Waits between attempts, in milliseconds: a dropped network comes back within a minute, or a person looks. */
const RETRIES = [0, 500, 1_000, 2_000, 4_000, 8_000, 15_000, 30_000]
/** An earlier request has begun it, whose answer did not come. */
const BEGUN = 409
/** Another request for the upload has not ended yet. */
const LOCKED = 423

/**
 * Sends a file to the server. An upload that was cut goes on where it stopped.
 *
 * @param endpoint the address where uploads begin
 * @param onWhole called when the server has the whole file
 */
export function uploadFile(
  file: File,
  { onProgress, onFailed }: Pick<UploadEvents, 'onProgress' | 'onFailed'>,
  { id, isBegun }: UploadPlace,
  endpoint: string,
  onWhole: () => void,
): Running {
  const address = `${endpoint}/${id}`
  const whole = Promise.withResolvers<void>()
  let state: 'here' | 'left' | 'over' | 'refused' = 'here'
  // An upload of this file may still run for a message that was taken back.
  leftUploads.stop(id)
  const running = new Upload(file, {
    endpoint,
    ...(isBegun && { uploadUrl: address }),
    retryDelays: RETRIES,
    storeFingerprintForResuming: false,
    metadata: { filename: file.name, filetype: file.type, id },
    onShouldRetry: (error) => {
      const status = statusOf(error)
      if (status === BEGUN) running.url = address
      return status < 400 || status >= 500 || status === BEGUN || status === LOCKED
    },
    onProgress: (sent, total) => {
      if (state === 'here') onProgress(total > 0 ? sent / total : 1)
    },
    onError: (error) => {
      if (state === 'left') return whole.reject(error)
      const response = 'originalResponse' in error ? error.originalResponse : null
      state = response ? 'refused' : 'over'
      onFailed(response?.getBody() || t('The server cannot be reached.'), response !== null)
    },
    onSuccess: () => {
      if (state === 'left') return whole.resolve()
      state = 'over'
      onWhole()
    },
  })
  running.start()
  return {
    cancel: () => cancel(running, state === 'refused'),
    leave() {
      if (state === 'here') {
        state = 'left'
        const abort = (): void => void running.abort().catch(() => undefined)
        leftUploads.add(id, { whole: whole.promise, abort })
      }
      return running.url !== null
    },
  }
}

/**
 * Tells the server that the upload is cancelled, which makes room for others at once. Without this request the server
 * notices by itself later.
 */
function cancel(running: Upload, isRefused: boolean): void {
  void running.abort().catch(() => undefined)
  // The server keeps nothing of a refused upload.
  if (!running.url || isRefused) return
  const headers = { 'tus-resumable': '1.0.0' }
  fetch(running.url, { method: 'DELETE', headers, keepalive: true }).catch(() => undefined)
}

function statusOf({ originalResponse }: DetailedError): number {
  return originalResponse?.getStatus() ?? 0
}
