import type { Db } from '../../db/engine/database.ts'
import { updateMessage } from '../../db/queries/messages/messages.ts'
import { insertFirstDrive } from '../../db/queries/runs/first-drives.ts'
import { wakeRun } from '../../db/queries/runs/run-owners.ts'
import { findActiveRun, insertRun, requestStop } from '../../db/queries/runs/runs.ts'
import type { NewRun, Run } from '../../db/queries/runs/runs.ts'
import type { SessionChange } from '../../db/queries/sessions/sessions.ts'
import { MessageId, RunId } from '../../shared/contract/ids.ts'
import type { SessionId, UserId } from '../../shared/contract/ids.ts'
import type { Appender } from '../log/writing/sequenced-events.ts'
import type { AuditAction } from '../../shared/contract/audit.ts'
import { audit } from '../audit.ts'
import type { Audited } from '../audit.ts'
import type { Login, Requester, User } from '../auth/port.ts'
import { keyOf } from '../budget/planned-call.ts'
import type { Limits } from '../limits/limits.ts'
import { SessionTransaction } from '../log/transaction.ts'
import type { LocalPresence } from '../presence/presence.ts'
import type { RunBatches } from '../runs/batches.ts'
import { continueAnswer, firstStart, startAnswer } from '../runs/start.ts'
import type { ToolRegistry } from '../tools/registry.ts'
import type { Effect } from './command.ts'
import type { KnownSessions } from './known-sessions.ts'

/** The dependencies of commands. They only read, so that nothing has to be undone when a transaction runs again. */
export type CommandDeps = {
  node: { readonly id: string }
  tools: ToolRegistry
  presence: Pick<LocalPresence, 'reopen'>
  /** The model of a session that does not set its own. */
  defaultModel: string
  limits: Limits | null
  known: KnownSessions
  batches: Pick<RunBatches, 'begin' | 'make'>
  files: { readonly perMessage: number }
  /** ISO 8601. */
  now(): string
  newId(): string
}

/** The fields of a new run that its command decides. */
type GivenRun = Pick<NewRun, 'questionId' | 'parentChosen' | 'keepsChunks' | 'forgetsChunks'> &
  Partial<Pick<NewRun, 'id' | 'messageId' | 'model' | 'options' | 'steers' | 'baseParts'>>

/** The transaction of a command: its session is locked, and its user owns the session. */
export class CommandTransaction extends SessionTransaction {
  readonly user: User
  readonly login: Login
  readonly #address: string | null
  readonly tools: Pick<ToolRegistry, 'of' | 'info' | 'needsApproval' | 'find'>
  /** The id of this node, which becomes the owner of the runs that it starts. */
  readonly nodeId: string
  /** The most files of one message. */
  readonly filesPerMessage: number
  readonly #deps: CommandDeps
  #mustWait: Promise<boolean> | null = null

  constructor(
    db: Db,
    log: Appender,
    sessionId: SessionId,
    { user, login, address }: Requester,
    deps: CommandDeps,
  ) {
    super(db, log, { sessionId, userId: user.id })
    this.user = user
    this.login = login
    this.#address = address
    this.tools = deps.tools
    this.nodeId = deps.node.id
    this.filesPerMessage = deps.files.perMessage
    this.#deps = deps
  }

  /** ISO 8601. */
  now(): string {
    return this.#deps.now()
  }

  newId(): string {
    return this.#deps.newId()
  }

  /**
   * Opens the session if presence closed it, because something is said in it; returns the run that is going, if one is.
   */
  async open(): Promise<Run | null> {
    if (this.session.status === 'closed') {
      await this.#deps.presence.reopen(this)
    }
    return findActiveRun(this.db, this.sessionId)
  }

  /** Writes an entry of the audit log in this transaction. */
  async audit<Action extends AuditAction>(audited: Audited<Action>): Promise<void> {
    const actor = { user: this.user, address: this.#address }
    await audit(this.db, actor, this.now(), audited)
  }

  /** True when an answer has to wait until other answers of this person have ended. Ask before its run is queued. */
  mustWait(): Promise<boolean> {
    this.#mustWait ??= this.#lookForSlot()
    return this.#mustWait
  }

  async #lookForSlot(): Promise<boolean> {
    const { limits } = this.#deps
    return limits !== null && !(await limits.slots.mayStartNext(this.db, this.userId))
  }

  /**
   * Keeps a person within their limit of stored bytes, once this transaction has stored so many more.
   *
   * @throws TOO_MANY_REQUESTS when they are over it
   */
  async keepWithinRoom(bytes: number): Promise<void> {
    await this.#deps.limits?.keepWithinRoom(this.db, this.user, bytes)
  }

  /** Counts in the metrics that an answer waits. */
  noteWait(): void {
    this.#deps.limits?.slots.noteHeld()
  }

  /**
   * Puts the run that will answer a question into the queue.
   *
   * @param run its id and its model are chosen here when they are absent
   * @param first puts it before all that wait already
   */
  queueRun(run: GivenRun, first: boolean): Promise<Run> {
    return insertRun(this.db, this.#newRun(run), first)
  }

  /**
   * Stores a question at the end of the active branch and starts its answer, in an open session. Returns null when it
   * has to wait; then nothing was stored.
   */
  async askAtOnce(questionId: MessageId, text: string, title: string | null): Promise<Run | null> {
    const parts = [{ type: 'text' as const, text }]
    const question = { parentId: this.session.activeLeaf, parts }
    const wanted = this.#newRun({ questionId, parentChosen: false })
    const { drive, events, run } = firstStart(wanted, question, this.log.nextSeq, title, this.#deps)
    if (!(await insertFirstDrive(this.db, drive, this.session))) {
      return null
    }
    for (const { event, runId } of events) {
      this.log.add(event, runId)
    }
    return run
  }

  #newRun(run: GivenRun): NewRun {
    return newRun(run, this, this.session.model, this.#deps)
  }

  /** Starts a queued run whose question is at its final place in the tree. */
  async startAnswer(
    run: Run,
    change?: Pick<SessionChange, 'title' | 'titleSource'>,
  ): Promise<Effect[]> {
    return [{ type: 'drive', run: await startAnswer(this, run, this.#deps, change) }]
  }

  /** Starts a queued run that continues an answer of the active branch. */
  async continueAnswer(run: Run): Promise<Effect[]> {
    return [{ type: 'drive', run: await continueAnswer(this, run, this.#deps) }]
  }

  /** Records that a run is to stop; a run that waits for a person is woken to end. */
  async stopRun(run: Run): Promise<Effect[]> {
    await requestStop(this.db, run.id, this.now())
    const woken = await this.wake(run)
    return woken.length > 0 ? woken : [{ type: 'stop', runId: run.id }]
  }

  /** Gives a run that waits for a person to this node; does nothing when it is running or has ended. */
  async wake({ id, messageId }: Pick<Run, 'id' | 'messageId'>): Promise<Effect[]> {
    const run = await wakeRun(this.db, id, this.nodeId)
    if (!run) {
      return []
    }
    await updateMessage(this.db, messageId, { status: 'running' })
    await this.addMessage(messageId)
    return [{ type: 'drive', run }]
  }
}

/** @param model the session's own; null when it has none */
export function newRun(
  run: GivenRun,
  { sessionId, userId, login }: { sessionId: SessionId; userId: UserId; login: Login },
  model: string | null,
  { newId, now, defaultModel }: Pick<CommandDeps, 'newId' | 'now' | 'defaultModel'>,
): NewRun {
  return {
    ...run,
    id: run.id ?? RunId.parse(newId()),
    messageId: run.messageId ?? MessageId.parse(newId()),
    model: run.model ?? model ?? defaultModel,
    options: run.options ?? null,
    sessionId,
    userId,
    keyId: keyOf(login),
    createdAt: now(),
  }
}
