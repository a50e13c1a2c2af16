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
import type { CommandTransaction } from './transaction.ts'

/** An action after a command's commit (see `execute.ts`). */
export type Effect =
  /** This node has the run now, and is to drive it. */
  | { type: 'drive'; run: Run }
  /** The stop of this run is recorded: whichever node drives it is to end it. */
  | { type: 'stop'; runId: RunId }
  /** This node is to carry out a call again, apart from its run. */
  | { type: 'retry'; call: NewCall }
  /** A question of this call is answered: whichever node carries the call out is to give the answer on. */
  | { type: 'replied'; callId: CallId }
  /** A session was made or changed otherwise than by its log: the lists are to know. */
  | { type: 'session-changed'; sessionId: SessionId }
  /** A device wants to be told of what happens. */
  | { type: 'devices-changed' }
  /** Logins ended, or are good for something else. */
  | { type: 'logins-changed' }
  /** A run of this person that waits may start now. */
  | { type: 'start-waiting'; userId: UserId }
  /** With the run that was going in it, if one was. */
  | { type: 'session-deleted'; sessionId: SessionId; userId: UserId; runId: RunId | null }

/** A command's result, and its effects. */
export type Done<Result> = { result: Result; effects: Effect[] }

/** A command on one session. It may be run again from the start, and so touches nothing but its transaction. */
type SessionCommand<Input, Result> = {
  /**
   * The session to lock.
   *
   * @throws NOT_FOUND when there is none of this user's
   */
  session(db: Db, user: User, input: Input): Promise<SessionId> | SessionId
  /** `answer` for what an answer under way waits for: a stop is promised to reach the provider within a second. */
  urgency?: Urgency
  /** Refuses what is wrong in itself, and takes time to look at, before anything is locked. */
  check?(input: Input): Promise<void>
  /** Refuses what is over a limit of this person, before anything is locked; what was done already is done again. */
  admit?(context: AdmitContext, input: Input): Promise<void>
  run(transaction: CommandTransaction, input: Input): Promise<Done<Result>>
}

/** A command that no one session's log belongs to. It opens the transactions that it needs. */
type FreeCommand<Input, Result> = {
  run(context: FreeContext, input: Input): Promise<Done<Result>>
}

export type AdmitContext = { db: Db; limits: Limits; requester: Requester }

type FreeContext = Requester & {
  database: Database
  /** Null without accounts. */
  limits: Limits | null
  /** ISO 8601. */
  now(): string
  newId(): string
}

export type Command<Input, Result> = SessionCommand<Input, Result> | FreeCommand<Input, Result>

type DeclaredCommand<D extends RequestDeclaration, Result> = Command<ParsedInputOf<D>, Result> & {
  declaration: D
}

/** A declared command on one session. */
export function inSession<D extends RequestDeclaration, Result extends AnswerOf<D>>(
  declaration: D,
  command: SessionCommand<ParsedInputOf<D>, Result>,
): DeclaredCommand<D, Result> {
  return { declaration, ...command }
}

/** A declared command on none, or on many. */
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
