import { pageValue } from '../../page-value.ts'

export type Notice = {
  text: string
  /** True for a notice for screen readers only, because the page shows it in its own way. */
  isQuiet?: boolean
  /** What its button does, such as taking back what was done. */
  action?: { name: string; run: () => void }
}

const shown = pageValue<(Notice & { count: number }) | null>(() => null)
let count = 0

/** The notice about something that has no place of its own on the page, such as the choice of a closed menu. */
export const notices = {
  subscribe: shown.subscribe,
  /** `count` is another one for each notice. */
  get: shown.get,
}

export function tell(notice: Notice | null): void {
  count += 1
  shown.set(notice && { ...notice, count })
}

/** Tells why a command failed that is not repeated. */
export function tellFailure(error: { message: string }): void {
  tell({ text: error.message })
}
