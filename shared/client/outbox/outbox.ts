import { newId } from '../../contract/new-id.ts'
import type { SendResult } from '../app.ts'
import type { Store } from '../store.ts'
import type { NewSession, OutboxEntry, OutboxFile } from './entry.ts'

export type NewMessage = {
  sessionId: string
  text: string
  /** The message's id; generated when omitted. */
  id?: string
  files?: readonly OutboxFile[]
  /** Makes the session first, under the id `sessionId`. */
  session?: NewSession | null
  /** The message to reply to; the end of the active branch when omitted. */
  parentId?: string
  /** The behaviour while an answer is running. The server's default is `queue`. */
  whenBusy?: 'queue' | 'interrupt' | 'reject' | 'steer'
}

export type OutboxSend = {
  readonly id: string
  /** Resolves when the message is stored, so that it is not lost when this client ends. */
  readonly kept: Promise<void>
  /** Resolves when the message is in the log, whichever tab sent it; rejects with `OutboxRefusal`. */
  readonly sent: Promise<SendResult>
}

/** The waiting messages, in the order of sending; each is also in the `pending` of its session's store. */
export type Outbox = Store<readonly OutboxEntry[]> & {
  /** Sends a message exactly once, also when the network, the server, or this client ends meanwhile. */
  send(message: NewMessage): OutboxSend
  /**
   * Takes a message back. One that may have arrived is withdrawn when the server is reached; if it is being answered by
   * then, it stays.
   *
   * @returns the message; null when it is not in the outbox any more
   */
  takeBack(id: string): Promise<OutboxEntry | null>
  /** Sends a refused message again. */
  retry(id: string): Promise<void>
  /** Takes back all messages of this person, for example before a sign-out. */
  clear(): Promise<void>
  /**
   * Gives the waiting messages to another user id, for example when a guest makes an account and keeps everything.
   *
   * @param from the id of the person before
   * @param to the id of the person now
   */
  handOver(from: string, to: string): Promise<void>
  /** Resolves when the messages of an earlier client have been read. */
  readonly loaded: Promise<void>
}

/** The server refused a message for good. It stays in the outbox until it is taken back or sent again. */
export class OutboxRefusal extends Error {
  readonly code: string

  constructor({ code, message }: { code: string; message: string }) {
    super(message)
    this.name = 'OutboxRefusal'
    this.code = code
  }
}

export function newEntry(
  message: NewMessage,
  { owner, tab, place }: Pick<OutboxEntry, 'owner' | 'place'> & { tab: string },
): OutboxEntry {
  return {
    id: (message.id ?? newId()).toLowerCase(),
    sessionId: message.sessionId.toLowerCase(),
    text: message.text,
    files: message.files ?? [],
    session: message.session ?? null,
    parentId: message.parentId ?? null,
    whenBusy: message.whenBusy ?? null,
    ...{ owner, tab, place },
    state: 'waiting',
    error: null,
  }
}
