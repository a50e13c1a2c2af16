import type { LoggedEvent, SessionEvent } from '../../../shared/contract/events.ts'

/** The same as `LiveOutlet` of `server/log/reading/live-outlet.ts`, which this room cannot import. */
type SocketOutlet = { readonly full: boolean; send(events: readonly LoggedEvent[]): void }

/**
 * Sends events to a watch that is up to date directly, past tRPC's generators; null when that is not possible. The type
 * is a part of every procedure's context, which clients import, so it must not mention `ws`.
 *
 * @param input of the watch, as it came over the connection
 * @param shown translates an event into the form for readers, the same for all of them
 */
export type OpenLive = (
  input: unknown,
  shown: (event: SessionEvent) => SessionEvent,
) => SocketOutlet | null
