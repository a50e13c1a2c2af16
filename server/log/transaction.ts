import type { Db } from '../../db/engine/database.ts'
import { countChangeBytes } from '../../db/queries/limits/stored-bytes.ts'
import { findMessage } from '../../db/queries/messages/messages.ts'
import type { StoredMessage } from '../../db/queries/messages/stored-messages.ts'
import { findSession, lockSession, readActiveLeaf } from '../../db/queries/sessions/sessions.ts'
import type { NewCall } from '../../db/queries/messages/call-rows.ts'
import type { MessageId, RunId, SessionId, UserId } from '../../shared/contract/ids.ts'
import type { Message } from '../../shared/contract/message.ts'
import type { Session } from '../../shared/contract/session.ts'
import type { AppendedEvent } from './events.ts'
import type { Urgency } from './writing/admission.ts'
import type { Appender } from './writing/sequenced-events.ts'
import type { LogWriter } from './writing/writer.ts'

/** A session and its owner. */
export type SessionOfUser = { sessionId: SessionId; userId: UserId }

/** The columns of a locked session that commands need to decide. */
type LockedSession = NonNullable<Awaited<ReturnType<typeof lockSession>>>

/**
 * One transaction on one session: its rows in the database, and the events that are added to its log. Both are
 * committed together or not at all. It may run again from the start, so its code changes nothing else.
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

  /** Locks the session until the commit; null when it does not exist or belongs to somebody else. */
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

  /** The message, with the `seq` up to which its parts are complete. */
  async readStoredMessage(id: MessageId): Promise<StoredMessage> {
    const stored = await findMessage(this.db, this.userId, id)
    if (!stored) {
      throw new Error(`message ${id} is gone in the middle of a transaction on it`)
    }
    return stored
  }

  /** Adds an event with the message as it is now. */
  async addMessage(id: MessageId): Promise<void> {
    this.log.add({ type: 'message', message: await this.readMessage(id) })
  }

  /** Adds an event with the session as it is now; the lists of sessions get it too. */
  async addSession(): Promise<Session> {
    const session = await this.#readSession()
    await this.#addChange({ type: 'session', session })
    return session
  }

  /**
   * Adds an event with another active branch.
   *
   * @param leaf its last message, null for none; the session's active leaf when absent. Add it before the events of the
   *   new branch, so that no reader applies those to the old one.
   */
  async addBranch(leaf?: MessageId | null): Promise<void> {
    await this.#addChange({
      type: 'branch',
      session: await this.#readSession(),
      leaf: leaf === undefined ? await readActiveLeaf(this.db, this.sessionId) : leaf,
    })
  }

  /** Adds an event with a message that changed after its first event. */
  async addMessageAgain(id: MessageId): Promise<Message> {
    const message = await this.readMessage(id)
    await this.#addChange({ type: 'message', message })
    return message
  }

  /** Adds the `start` of a run that continues an answer: it has everything that was written before. */
  async addContinuation(start: Extract<AppendedEvent, { type: 'start' }>): Promise<void> {
    await this.#addChange(start, start.runId)
  }

  /** Adds an event with the state of a call that a person may have tried any number of times. */
  async addCallAgain({
    call,
    messageId,
    part,
    runId,
  }: Pick<NewCall, 'call' | 'messageId' | 'part' | 'runId'>): Promise<void> {
    await this.#addChange({ type: 'tool', messageId, part, call }, runId)
  }

  /** A person can cause such events without end, so their bytes count as stored. */
  async #addChange(event: AppendedEvent, runId: RunId | null = null): Promise<void> {
    this.log.add(event, runId)
    await countChangeBytes(this.db, this.sessionId, Buffer.byteLength(JSON.stringify(event)))
  }

  /**
   * Adds an event with a call's new state, as part of its run; returns its `seq`.
   *
   * @param waiting whether the answer waits for a reply to a question from here on; absent when that does not change
   */
  addCall(
    { call, messageId, part, runId }: Pick<NewCall, 'call' | 'messageId' | 'part' | 'runId'>,
    waiting?: boolean,
  ): number {
    return this.log.add(
      { type: 'tool', messageId, part, call, ...(waiting !== undefined && { waiting }) },
      runId,
    )
  }

  /** The session as it is after the events added so far, and after the one that will contain it. */
  async #readSession(): Promise<Session> {
    const session = await findSession(this.db, this.userId, this.sessionId)
    if (!session) {
      throw new Error(`session ${this.sessionId} is gone in the middle of a transaction on it`)
    }
    return { ...session, seq: this.log.nextSeq }
  }
}

/** Appends to a session's log in such a transaction, with this urgency for a running answer. */
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
