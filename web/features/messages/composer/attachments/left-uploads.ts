type LeftUpload = { whole: Promise<void>; abort(): void }

const left = new Map<string, LeftUpload>()

/**
 * Uploads of this page in the middle of which their message was sent, by the file's id. They go on, and the outbox waits
 * for them: to cut one and begin with it anew would lose a race with its own last piece.
 */
export const leftUploads = {
  get: (id: string): LeftUpload | undefined => left.get(id),
  add(id: string, upload: LeftUpload): void {
    left.set(id, upload)
    upload.whole.catch(() => left.delete(id))
  },
  /** Stops an upload that another one continues. */
  stop(id: string): void {
    left.get(id)?.abort()
    left.delete(id)
  },
}
