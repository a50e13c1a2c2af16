/** Resolves at the next change of a store, and rejects when the signal ends it; neither is listened to afterwards. */
export function nextOf(
  store: { subscribe(listener: () => void): () => void },
  signal: AbortSignal,
): Promise<void> {
  return new Promise((resolve, reject) => {
    const end = (settle: () => void): void => {
      unsubscribe()
      signal.removeEventListener('abort', onAbort)
      settle()
    }
    const onAbort = (): void => end(() => reject(signal.reason))
    const unsubscribe = store.subscribe(() => end(resolve))
    signal.addEventListener('abort', onAbort)
  })
}
