import type { Database } from '../../db/engine/database.ts'
import { arrive, countRead, departFromMany, lockPresence } from '../../db/queries/presence.ts'
import { findSession } from '../../db/queries/sessions/sessions.ts'
import type { SessionId, UserId } from '../../shared/contract/ids.ts'
import { notFound } from '../api-error.ts'
import { transact } from '../log/transaction.ts'
import type { SessionTransaction } from '../log/transaction.ts'
import type { LogWriter } from '../log/writing/writer.ts'
import type { OnError } from '../log-ids.ts'
import type { LocalNode } from '../nodes/node.ts'
import { createEntering } from './entering.ts'

export type LocalReadersOptions = {
  database: Database
  log: LogWriter
  node: LocalNode
  /** Opens a closed session, whose summary is cancelled, because it is read on this node. */
  reopen(transaction: SessionTransaction, summaryJob: string | null): Promise<void>
  /** Called when the last reader of a session on this node has left, and the database has recorded that. */
  onLeft(): void
  onError: OnError
}

/**
 * The readers of one session on this node, and whether the database has recorded them. That is unsure while it is being
 * written, and stays so when the answer is lost, because the write may have been committed.
 */
type Readers = {
  /** Null until the session is known to be somebody's. */
  userId: UserId | null
  count: number
  recorded: boolean
  isUnsure: boolean
  recording: Promise<void> | null
}

const NOBODY: Readers = {
  userId: null,
  count: 0,
  recorded: false,
  isUnsure: false,
  recording: null,
}

/** The most sessions that are unregistered in one transaction when this node ends. */
const LEAVE_BATCH = 500

/** Counts the readers of each session on this node, and records in the database which sessions have any. */
export class LocalReaders {
  readonly #options: LocalReadersOptions
  readonly #read = new Map<SessionId, Readers>()
  readonly #entering: ReturnType<typeof createEntering>
  #closing = false

  constructor(options: LocalReadersOptions) {
    this.#options = options
    this.#entering = createEntering(options.database.db, options.node.id)
  }

  /**
   * Counts a reader until it is disposed. A closed session opens for it.
   *
   * @throws NOT_FOUND for somebody else's session, because a reader that leaves has an effect on when it closes
   */
  async enter(sessionId: SessionId, userId: UserId): Promise<Disposable> {
    const isKnown = this.#read.get(sessionId)?.userId === userId
    const recorded = !isKnown && (await this.#admit(sessionId, userId))
    const readers = this.#read.get(sessionId) ?? { ...NOBODY, recorded }
    // A guest's session has become that of the person as whom the guest registered.
    readers.userId = userId
    this.#read.set(sessionId, readers)
    readers.count += 1
    let left = false
    const leave = () => {
      if (!left) {
        left = true
        readers.count -= 1
        if (this.#closing) {
          return
        }
        this.#record(sessionId, readers).catch((error: unknown) =>
          this.#options.onError(error, 'that a session was left could not be recorded yet', {
            session: sessionId,
          }),
        )
      }
    }
    try {
      await this.#record(sessionId, readers)
    } catch (error) {
      leave()
      throw error
    }
    return { [Symbol.dispose]: leave }
  }

  /** Repeats records that failed, and those that another node removed because it took this one for dead. */
  async settle(): Promise<void> {
    const { database, node } = this.#options
    const unrecorded = [...this.#read].filter(([, readers]) => !isRecorded(readers))
    for (const [sessionId, readers] of unrecorded) {
      await this.#record(sessionId, readers)
    }
    const recorded = [...this.#read].filter(([, readers]) => readers.recorded)
    if (database.kind === 'embedded' || recorded.length === 0) {
      return
    }
    if ((await countRead(database.db, node.id)) < recorded.length) {
      for (const [sessionId, readers] of recorded) {
        readers.recorded = false
        await this.#record(sessionId, readers)
      }
    }
  }

  /** Readers who leave from here on are unregistered together by `leaveAll`. */
  beginClosing(): void {
    this.#closing = true
  }

  /** Unregisters this node from every session. */
  async leaveAll(): Promise<void> {
    const { database, node, onError } = this.#options
    await Promise.allSettled([...this.#read.values()].map(async ({ recording }) => recording))
    const leaveSome = () =>
      database.db
        .transaction()
        .execute((transaction) => departFromMany(transaction, node.id, LEAVE_BATCH))
    try {
      while ((await leaveSome()) === LEAVE_BATCH) {
        // There may be more.
      }
    } catch (error) {
      // Without this record, the sessions count as left when this node's lease expires.
      onError(error, 'that sessions were left could not be recorded')
    }
  }

  /**
   * Returns true when the node is registered as a reader already: that it could be is the proof that the session is this
   * person's.
   *
   * @throws NOT_FOUND for somebody else's session
   */
  async #admit(sessionId: SessionId, userId: UserId): Promise<boolean> {
    const reader = { sessionId, userId }
    try {
      if (!this.#read.has(sessionId) && (await this.#entering.enter(reader))) {
        return true
      }
    } catch (error) {
      // It may have been committed. Then `settle` takes it back.
      if (!this.#read.has(sessionId)) {
        this.#read.set(sessionId, { ...NOBODY, isUnsure: true })
      }
      throw error
    }
    if (!(await this.#entering.owns(reader))) {
      throw notFound('session')
    }
    return false
  }

  /** Retries until the database has recorded whether the session is read here. */
  #record(sessionId: SessionId, readers: Readers): Promise<void> {
    if (isRecorded(readers)) {
      return Promise.resolve()
    }
    readers.recording ??= this.#recordAll(sessionId, readers)
    return readers.recording
  }

  async #recordAll(sessionId: SessionId, readers: Readers): Promise<void> {
    try {
      while (!isRecorded(readers)) {
        const reader = readers.count > 0 ? readers.userId : null
        readers.isUnsure = true
        await (reader ? this.#arrive(sessionId, reader) : this.#depart(sessionId))
        readers.recorded = reader !== null
        readers.isUnsure = false
      }
      if (readers.count === 0) {
        this.#read.delete(sessionId)
      }
    } finally {
      readers.recording = null
    }
  }

  async #arrive(sessionId: SessionId, userId: UserId): Promise<void> {
    const { database, log, node, reopen } = this.#options
    const reader = { sessionId, userId, nodeId: node.id }
    if (
      (await this.#entering.enter(reader)) ||
      !(await findSession(database.db, userId, sessionId))
    ) {
      return
    }
    await transact(log, reader, async (transaction) => {
      const session = await lockPresence(transaction.db, sessionId)
      if (session?.closed) {
        await reopen(transaction, session.summary_job)
      } else {
        await arrive(transaction.db, reader)
      }
    })
  }

  async #depart(sessionId: SessionId): Promise<void> {
    await this.#entering.leave(sessionId)
    if (!this.#closing) {
      this.#options.onLeft()
    }
  }
}

function isRecorded({ recorded, isUnsure, count }: Readers): boolean {
  return !isUnsure && recorded === count > 0
}
