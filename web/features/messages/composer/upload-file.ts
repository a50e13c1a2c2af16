import { Upload } from 'tus-js-client'
import { basePath } from '../../../base-path.ts'
import { client } from '../../../client.ts'
import type { Running, UploadEvents } from './attachments.ts'
import { t } from '../../../language/t.ts'

/** Waits between attempts, in milliseconds: a dropped network comes back within a minute, or a person looks. */
const RETRIES = [0, 500, 1_000, 2_000, 4_000, 8_000, 15_000, 30_000]

/**
 * Sends a file to the server; what was cut goes on where it stopped.
 * @param fail told when the server has the file, and does not say what it is
 */
export function uploadFile(
  file: File,
  { onProgress, onReady, onFailed }: UploadEvents,
  fail: (error: unknown) => void,
): Running {
  const running = new Upload(file, {
    endpoint: `${basePath}/api/files/uploads`,
    retryDelays: RETRIES,
    storeFingerprintForResuming: false,
    metadata: { filename: file.name, filetype: file.type },
    onProgress: (sent, total) => {
      onProgress(total > 0 ? sent / total : 1)
    },
    onError: (error) => {
      const response = 'originalResponse' in error ? error.originalResponse : null
      onFailed(response?.getBody() || t('The server cannot be reached.'), response !== null)
    },
    onSuccess: () => {
      const id = running.url?.split('/').at(-1) ?? ''
      client.api.files.get.query({ id }).then(onReady, fail)
    },
  })
  running.start()
  // The server forgets what stays idle; it refuses to end what has just become whole.
  return { cancel: () => void running.abort().catch(() => undefined) }
}
