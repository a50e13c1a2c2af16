import type { LoggedEvent, SessionEvent } from '../../../shared/contract/events.ts'

/** The same as `LiveOutlet` of `server/log/reading/live-outlet.ts`, which this room cannot import. */
type SocketOutlet = { readonly full: boolean; send(events: readonly LoggedEvent[]): void }

/**
 * The way of a watch's events past tRPC's generators, to a reader that is up to date; null where there is none.
 *
 * It is a part of the type of every procedure's context, which clients import: nothing of `ws` may stand here.
 *
 * @param input of the watch, as it came over the connection
 * @param shown makes of an event what readers are shown, the same for all of them
 */
export type OpenLive = (
  input: unknown,
  shown: (event: SessionEvent) => SessionEvent,
) => SocketOutlet | null
