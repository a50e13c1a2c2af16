import type { LoggedEvent } from '../../../shared/contract/events.ts'

/**
 * The way past the iterator for a reader that is up to date: it gets events at once, as the same list for all such
 * readers of the session, so that they are encoded once.
 */
export type LiveOutlet = {
  /** True while the connection has no room. The reader then goes on by its iterator, which waits for room. */
  readonly full: boolean
  send(events: readonly LoggedEvent[]): void
}
