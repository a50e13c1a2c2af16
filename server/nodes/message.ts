import { MAX_TEXT_BYTES } from '../../db/engine/notifications.ts'
import type { CallId, RunId, SessionId, UserId } from '../../shared/contract/ids.ts'
import type { LoggedSessionEvent } from '../log/events.ts'

/** The messages between the nodes on one database. Any of them may be lost: polling finds the same later. */
export type NodeMessage =
  /** These events were committed. */
  | { type: 'events'; events: readonly LoggedSessionEvent[] }
  /** These logs grew; `structural` means by more than text. `null` stands for too many logs to list. */
  | { type: 'logs'; logs: readonly { sessionId: SessionId; structural: boolean }[] | null }
  /** A stop of this run was requested. */
  | { type: 'stop'; runId: RunId }
  /** A question of this call was answered. */
  | { type: 'replied'; callId: CallId }
  /** Runs were released; any node may take them over. */
  | { type: 'released' }
  | { type: 'session-changed'; sessionId: SessionId }
  /** `runId` is the run that was active in the session, if any: the node that drives it must abandon it. */
  | { type: 'session-deleted'; sessionId: SessionId; userId: UserId; runId: RunId | null }
  /** Logins may have ended, or their rights changed. */
  | { type: 'logins-changed' }
  /** The text of a file was read. */
  | { type: 'files-read' }
  /** A node has joined. */
  | { type: 'joined' }

/** A message with its sender, as it is serialized. */
type Envelope = { from: string; message: NodeMessage }

export function encode(from: string, message: NodeMessage): string {
  return JSON.stringify({ from, message } satisfies Envelope)
}

/** Null for a message that this version does not know: during an upgrade, another version may run. */
export function decode(payload: string): Envelope | null {
  try {
    const envelope: Envelope | null = JSON.parse(payload)
    return typeof envelope?.from === 'string' && typeof envelope.message?.type === 'string'
      ? envelope
      : null
  } catch {
    return null
  }
}

/**
 * Encodes the events when they fit into one notification, otherwise the ids of the logs that grew, otherwise only that
 * some did.
 */
export function encodeEvents(from: string, events: readonly LoggedSessionEvent[]): string {
  const whole = encode(from, { type: 'events', events })
  if (fits(whole)) {
    return whole
  }
  const named = encodeLogs(from, events)
  return fits(named) ? named : encode(from, { type: 'logs', logs: null })
}

/** Encodes the ids of the logs that grew. */
export function encodeLogs(from: string, events: readonly LoggedSessionEvent[]): string {
  const structural = new Map<SessionId, boolean>()
  for (const { sessionId, event } of events) {
    structural.set(sessionId, structural.get(sessionId) === true || event.type !== 'chunk')
  }
  const logs = [...structural].map(([sessionId, isStructural]) => ({
    sessionId,
    structural: isStructural,
  }))
  return encode(from, { type: 'logs', logs })
}

function fits(payload: string): boolean {
  return payload.length <= MAX_TEXT_BYTES && Buffer.byteLength(payload) <= MAX_TEXT_BYTES
}
