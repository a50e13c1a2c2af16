export type Notice = {
  text: string
  /** Only for those who do not see the page, which shows it in its own way. */
  isQuiet?: boolean
}

const listeners = new Set<() => void>()
let shown: Notice | null = null

/** What there is to say about something that has no place of its own, such as a choice of a menu that has closed. */
export const notices = {
  subscribe(listener: () => void): () => void {
    listeners.add(listener)
    return () => listeners.delete(listener)
  },
  get: (): Notice | null => shown,
}

export function tell(notice: Notice | null): void {
  shown = notice
  for (const listener of listeners) listener()
}

/** Tells why a command failed that is not repeated. */
export function tellFailure(error: { message: string }): void {
  tell({ text: error.message })
}
