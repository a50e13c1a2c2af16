import type { Running, UploadEvents } from './attachments.ts'
import { t } from '../../../language/t.ts'

/** Sends a file to the server. What does it is loaded with the first file: most visits have none. */
export function upload(file: File, events: UploadEvents): Running {
  let cancelled = false
  let running: Running | null = null

  const fail = (error: unknown): void => {
    if (cancelled) return
    events.onFailed(error instanceof Error ? error.message : t('The upload failed.'), false)
  }
  async function begin(): Promise<void> {
    const { uploadFile } = await import('./upload-file.ts')
    if (!cancelled) running = uploadFile(file, events, fail)
  }
  begin().catch(fail)
  return {
    cancel: () => {
      cancelled = true
      running?.cancel()
    },
  }
}
