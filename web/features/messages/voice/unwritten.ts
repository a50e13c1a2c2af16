const kept = new Map<string, Blob>()
const listeners = new Set<() => void>()

/** Recordings by message box whose transcription failed. Each is in memory until it succeeds or another is made. */
export const unwritten = {
  subscribe(listener: () => void): () => void {
    listeners.add(listener)
    return () => listeners.delete(listener)
  },
  get: (draftKey: string): Blob | null => kept.get(draftKey) ?? null,
  keep(draftKey: string, recording: Blob): void {
    kept.set(draftKey, recording)
    for (const listener of listeners) listener()
  },
  forget(draftKey: string): void {
    if (!kept.delete(draftKey)) return
    for (const listener of listeners) listener()
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
