/** The message whose editor was requested from elsewhere, such as by a key in the message box. */
let requested: string | null = null
const listeners = new Set<() => void>()

export const editRequests = {
  subscribe(listener: () => void): () => void {
    listeners.add(listener)
    return () => listeners.delete(listener)
  },
  get: (): string | null => requested,
  /** Requests a message's editor; null when it has been opened. */
  set(messageId: string | null): void {
    requested = messageId
    for (const listener of listeners) listener()
  },
}
