import type { Db } from '../../db/engine/database.ts'
import { findMessage } from '../../db/queries/messages/messages.ts'
import type { StoredMessage } from '../../db/queries/messages/stored-messages.ts'
import { findSession, lockSession, readActiveLeaf } from '../../db/queries/sessions/sessions.ts'
import type { NewCall } from '../../db/queries/messages/call-rows.ts'
import type { MessageId, SessionId, UserId } from '../../shared/contract/ids.ts'
import type { Message } from '../../shared/contract/message.ts'
import type { Session } from '../../shared/contract/session.ts'
import type { Urgency } from './writing/admission.ts'
import type { Appender } from './writing/sequenced-events.ts'
import type { LogWriter } from './writing/writer.ts'

/** A session, and whose it is. */
export type SessionOfUser = { sessionId: SessionId; userId: UserId }

/** The columns of a locked session on which commands decide. */
type LockedSession = NonNullable<Awaited<ReturnType<typeof lockSession>>>

/**
 * One transaction on one session: its rows in the database, and what is added to its log. Both are committed together
 * or not at all, and it may be run again from the start, so that whoever is given one touches nothing else.
 */
export class SessionTransaction {
  readonly db: Db
  readonly log: Appender
  readonly sessionId: SessionId
  readonly userId: UserId
  #locked: LockedSession | null = null

  constructor(db: Db, log: Appender, { sessionId, userId }: SessionOfUser) {
    this.db = db
    this.log = log
    this.sessionId = sessionId
    this.userId = userId
  }

  /** Lets nobody else change the session until this is committed; null when there is none, or it is somebody else's. */
  async lock(): Promise<LockedSession | null> {
    this.#locked ??= await lockSession(this.db, this.userId, this.sessionId)
    return this.#locked
  }

  /** The session as it was when it was locked. */
  get session(): LockedSession {
    if (!this.#locked) {
      throw new Error(`session ${this.sessionId} is used without its lock`)
    }
    return this.#locked
  }

  async readMessage(id: MessageId): Promise<Message> {
    return (await this.readStoredMessage(id)).message
  }

  /** The message with the place in the log up to which its parts are complete. */
  async readStoredMessage(id: MessageId): Promise<StoredMessage> {
    const stored = await findMessage(this.db, this.userId, id)
    if (!stored) {
      throw new Error(`message ${id} is gone in the middle of a transaction on it`)
    }
    return stored
  }

  /** Tells readers how a message is now. */
  async addMessage(id: MessageId): Promise<void> {
    this.log.add({ type: 'message', message: await this.readMessage(id) })
  }

  /** Tells readers, and the lists, how the session is now. */
  async addSession(): Promise<Session> {
    const session = await this.#readSession()
    this.log.add({ type: 'session', session })
    return session
  }

  /**
   * Tells readers that the active branch is another one now.
   *
   * @param leaf where it ends, null for nowhere; as the session says when absent. What is about to be added to another
   *   branch is told after this, so that no reader sees it behind the old one.
   */
  async addBranch(leaf?: MessageId | null): Promise<void> {
    this.log.add({
      type: 'branch',
      session: await this.#readSession(),
      leaf: leaf === undefined ? await readActiveLeaf(this.db, this.sessionId) : leaf,
    })
  }

  /** Tells readers of a call's new state, as part of its run; returns the event's place. */
  addCall({
    call,
    messageId,
    part,
    runId,
  }: Pick<NewCall, 'call' | 'messageId' | 'part' | 'runId'>): number {
    return this.log.add({ type: 'tool', messageId, part, call }, runId)
  }

  /** The session as it is after the events added so far and the one that tells of it. */
  async #readSession(): Promise<Session> {
    const session = await findSession(this.db, this.userId, this.sessionId)
    if (!session) {
      throw new Error(`session ${this.sessionId} is gone in the middle of a transaction on it`)
    }
    return { ...session, seq: this.log.nextSeq }
  }
}

/** Appends to a session's log by such a transaction; for an answer under way with that urgency. */
export function transact<T>(
  log: Pick<LogWriter, 'append'>,
  of: SessionOfUser,
  work: (transaction: SessionTransaction) => Promise<T>,
  urgency?: Urgency,
): Promise<T> {
  return log.append(
    of.sessionId,
    (db, appender) => work(new SessionTransaction(db, appender, of)),
    urgency,
  )
}
