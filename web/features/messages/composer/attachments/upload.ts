import { basePath } from '../../../../base-path.ts'
import type { Running, UploadEvents, UploadPlace } from './attachments.ts'
import { t } from '../../../../language/t.ts'

/** Sends a file to the server. What does it is loaded with the first file: most visits have none. */
export function upload(file: File, events: UploadEvents, place: UploadPlace): Running {
  let cancelled = false
  let running: Running | null = null

  const fail = (error: unknown): void => {
    if (cancelled) return
    events.onFailed(error instanceof Error ? error.message : t('The upload failed.'), false)
  }
  async function begin(): Promise<void> {
    const { uploadFile } = await import('./upload-file.ts')
    if (cancelled) return
    running = uploadFile(file, events, place, `${basePath}/api/files/uploads`, () => {
      find().catch(fail)
    })
  }
  async function find(): Promise<void> {
    const { storedFile } = await import('./stored-file.ts')
    events.onReady(await storedFile(place.id))
  }
  begin().catch(fail)
  return {
    cancel() {
      cancelled = true
      running?.cancel()
    },
    leave() {
      cancelled = true
      return running?.leave() ?? place.isBegun
    },
  }
}
