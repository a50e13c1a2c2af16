import type { LoggedEvent } from '../../../shared/contract/events.ts'

/**
 * Where the events of a reader that is up to date go, past its iterator: at once, and as the same list for all readers
 * of the session.
 */
export type LiveOutlet = {
  /** True while there is no room: then the reader goes on by its iterator, as its connection drains. */
  readonly full: boolean
  send(events: readonly LoggedEvent[]): void
}
