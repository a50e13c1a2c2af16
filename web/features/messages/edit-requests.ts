/** Which message's editor somebody asked to open from elsewhere, such as by a key in the message box. */
let requested: string | null = null
const listeners = new Set<() => void>()

export const editRequests = {
  subscribe(listener: () => void): () => void {
    listeners.add(listener)
    return () => listeners.delete(listener)
  },
  get: (): string | null => requested,
  /** Asks for a message's editor; null when the wish is fulfilled. */
  set(messageId: string | null): void {
    requested = messageId
    for (const listener of listeners) listener()
  },
}
