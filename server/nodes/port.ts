import type { RunId, SessionId, UserId } from '../../shared/contract/ids.ts'
import type { AppendedEvent } from '../log/port.ts'

/** A committed event in a message to the other nodes. */
export type ToldEvent = { sessionId: SessionId; seq: number; event: AppendedEvent }

/** The messages between the nodes on one database. Any of them may be lost: polling finds the same later. */
export type NodeMessage =
  /** These events were committed. */
  | { type: 'events'; events: readonly ToldEvent[] }
  /** These logs grew; `structural` means by more than text. `null` stands for too many logs to list. */
  | { type: 'logs'; logs: readonly { sessionId: SessionId; structural: boolean }[] | null }
  /** A stop of this run was requested. */
  | { type: 'stop'; runId: RunId }
  /** Runs were released; any node may take them over. */
  | { type: 'released' }
  | { type: 'session-changed'; sessionId: SessionId }
  /** With the run that was active in it, if any: the node that drives it must abandon it. */
  | { type: 'session-deleted'; sessionId: SessionId; userId: UserId; runId: RunId | null }
  /** Logins may have ended, or changed what they are good for. */
  | { type: 'logins-changed' }
  /** A node has joined. */
  | { type: 'joined' }

export type Nodes = {
  /** This node's id, which owns the runs it drives. */
  readonly id: string
  /** True when there may be other nodes to notify; while it is false, nothing is sent. */
  readonly hasOthers: boolean
  /** True while this node's lease certainly holds; otherwise another node may take over its runs. */
  readonly leaseHolds: boolean
  /** The notification payload about these events, to be sent with their commit; null when there are no other nodes. */
  payload(events: readonly ToldEvent[]): string | null
  /** Sends a message to the other nodes now. A failure is only logged, because polling finds the same later. */
  tell(message: NodeMessage): void
}
