import type { Database, Db } from '../../db/engine/database.ts'
import { findMessage } from '../../db/queries/messages/messages.ts'
import type { Run } from '../../db/queries/runs/runs.ts'
import type { NewCall } from '../../db/queries/messages/call-rows.ts'
import type {
  AnswerOf,
  ParsedInputOf,
  RequestDeclaration,
} from '../../shared/contract/api/declare.ts'
import type { CallId, MessageId, RunId, SessionId, UserId } from '../../shared/contract/ids.ts'
import { notFound } from '../api-error.ts'
import type { Requester, User } from '../auth/port.ts'
import type { Limits } from '../limits/limits.ts'
import type { Urgency } from '../log/writing/admission.ts'
import type { LogWriter } from '../log/writing/writer.ts'
import type { KnownSessions } from './known-sessions.ts'
import type { RunBatches } from '../runs/batches.ts'
import type { CommandDeps, CommandTransaction } from './transaction.ts'

/** An action that follows a command's commit (see `execute.ts`). */
export type Effect =
  /** This node owns the run now, and drives it. */
  | { type: 'drive'; run: Run }
  /** The stop of this run is recorded: the node that drives it ends it. */
  | { type: 'stop'; runId: RunId }
  /** This node carries a call out again, apart from its run. */
  | { type: 'retry'; call: NewCall }
  /** A question of this call is answered: the node that carries the call out passes the answer on to the tool. */
  | { type: 'replied'; callId: CallId }
  /** A session was made, or changed without an event in its log: the live lists of sessions read it again. */
  | { type: 'session-changed'; sessionId: SessionId }
  /** A device subscribed to push notifications, or changed its subscription. */
  | { type: 'devices-changed' }
  /** Logins ended, or their rights changed. */
  | { type: 'logins-changed' }
  /** A waiting run of this person may start now. */
  | { type: 'start-waiting'; userId: UserId }
  /** `runId` is the run that was going in the session, if one was. */
  | { type: 'session-deleted'; sessionId: SessionId; userId: UserId; runId: RunId | null }

/** A command's result, and its effects. */
export type Done<Result> = { result: Result; effects: Effect[] }

/** A command on one session. It may run again from the start, and therefore changes nothing outside its transaction. */
type SessionCommand<Input, Result> = {
  /**
   * The session to lock.
   *
   * @throws NOT_FOUND when there is none of this user's
   */
  session(db: Db, user: User, input: Input): Promise<SessionId> | SessionId
  /**
   * `answer` for what a running answer waits for: the contract promises that a stop reaches the provider within a
   * second.
   */
  urgency?: Urgency
  /**
   * Checks that take time and need no transaction run before the session is locked; throws when the input is refused.
   */
  check?(input: Input): Promise<void>
  /** Rejects requests beyond a limit of this person, before anything is locked. A repeated request is admitted. */
  admit?(context: AdmitContext, input: Input): Promise<void>
  /**
   * Carries the usual case out with one statement, at a fraction of a transaction's cost. Null in any other case; nothing
   * was stored then, and `run` decides.
   */
  runAtOnce?(context: AtOnceContext, input: Input): Promise<Done<Result> | null>
  run(transaction: CommandTransaction, input: Input): Promise<Done<Result>>
}

export type AtOnceContext = {
  db: Db
  sessionId: SessionId
  requester: Requester
  deps: CommandDeps
  log: Pick<LogWriter, 'appendAtOnce'>
}

/** A command that is not about one session's log. It opens the transactions that it needs. */
type FreeCommand<Input, Result> = {
  run(context: FreeContext, input: Input): Promise<Done<Result>>
}

export type AdmitContext = { db: Db; limits: Limits; requester: Requester }

type FreeContext = Requester & {
  database: Database
  /** Null without accounts. */
  limits: Limits | null
  known: KnownSessions
  batches: Pick<RunBatches, 'make'>
  /** ISO 8601. */
  now(): string
  newId(): string
}

export type Command<Input, Result> = SessionCommand<Input, Result> | FreeCommand<Input, Result>

type DeclaredCommand<D extends RequestDeclaration, Result> = Command<ParsedInputOf<D>, Result> & {
  declaration: D
}

/** Joins the declaration of a command on one session to its implementation. */
export function inSession<D extends RequestDeclaration, Result extends AnswerOf<D>>(
  declaration: D,
  command: SessionCommand<ParsedInputOf<D>, Result>,
): DeclaredCommand<D, Result> {
  return { declaration, ...command }
}

/** Joins the declaration of a command that is about no single session to its implementation. */
export function free<D extends RequestDeclaration, Result extends AnswerOf<D>>(
  declaration: D,
  run: FreeCommand<ParsedInputOf<D>, Result>['run'],
): DeclaredCommand<D, Result> {
  return { declaration, run }
}

/** The session of a message. */
export async function sessionOfMessage(
  db: Db,
  { id: userId }: User,
  { id }: { id: MessageId },
): Promise<SessionId> {
  const found = await findMessage(db, userId, id)
  if (!found) {
    throw notFound('message')
  }
  return found.message.sessionId
}
