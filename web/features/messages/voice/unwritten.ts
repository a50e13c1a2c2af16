import { Listeners } from '../../../../shared/client/store.ts'

const kept = new Map<string, Blob>()
const listeners = new Listeners()

/** Recordings by message box whose transcription failed. Each is in memory until it succeeds or another is made. */
export const unwritten = {
  subscribe: listeners.add,
  get: (draftKey: string): Blob | null => kept.get(draftKey) ?? null,
  keep(draftKey: string, recording: Blob): void {
    kept.set(draftKey, recording)
    listeners.notify()
  },
  forget(draftKey: string): void {
    if (kept.delete(draftKey)) listeners.notify()
  },
}

/**
 * Writes a recording down; it is kept until that is done, whatever ends it.
 * @param write writes it, and rejects when it could not
 */
export async function writeDown(
  draftKey: string,
  recording: Blob,
  write: (recording: Blob) => Promise<void>,
): Promise<void> {
  unwritten.keep(draftKey, recording)
  await write(recording)
  if (unwritten.get(draftKey) === recording) unwritten.forget(draftKey)
}
