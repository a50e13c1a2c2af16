export type Notice = {
  text: string
  /** Only for those who do not see the page, which shows it in its own way. */
  isQuiet?: boolean
}

const listeners = new Set<() => void>()
let shown: (Notice & { count: number }) | null = null
let count = 0

/** The notice about something that has no place of its own on the page, such as the choice of a closed menu. */
export const notices = {
  subscribe(listener: () => void): () => void {
    listeners.add(listener)
    return () => listeners.delete(listener)
  },
  /** `count` is another one for each notice. */
  get: (): (Notice & { count: number }) | null => shown,
}

export function tell(notice: Notice | null): void {
  count += 1
  shown = notice && { ...notice, count }
  for (const listener of listeners) listener()
}

/** Tells why a command failed that is not repeated. */
export function tellFailure(error: { message: string }): void {
  tell({ text: error.message })
}
