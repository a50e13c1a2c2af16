import type { CallId, MessageId, RunId, SessionId, UserId } from '../../shared/contract/ids.ts'
import type { ToolCall } from '../../shared/contract/tool.ts'

export type SendCommand = {
  userId: UserId
  sessionId: SessionId
  /** Chosen by the client; the same id with the same text is the same send. */
  id?: MessageId | undefined
  text: string
  /** The message that this one answers; the newest of the active branch when absent, none when null. */
  parentId?: MessageId | null | undefined
  /** What happens while an answer runs. */
  whenBusy: 'queue' | 'interrupt' | 'reject'
}

export type EditCommand = {
  userId: UserId
  id: MessageId
  /** The id of the message that takes the edited one's place; one that waits keeps its own. */
  newId?: MessageId | undefined
  text: string
  /** Refuses instead when the message does not wait any more. */
  onlyQueued?: boolean | undefined
}

export type RegenerateCommand = {
  userId: UserId
  id: MessageId
  /** The id of the new answer; the same one again is the same command. */
  newId?: MessageId | undefined
  /** The model to ask this time; the session's when absent. */
  model?: string | undefined
}

export type SelectCommand = { userId: UserId; id: MessageId }

export type DecideCommand = {
  userId: UserId
  callId: CallId
  decision: 'approve' | 'deny'
  reason?: string | undefined
}

export type ResolveCommand = {
  userId: UserId
  callId: CallId
  outcome: 'happened' | 'did-not-happen' | 'retry'
  note?: string | undefined
}

export type StopCommand = {
  userId: UserId
  sessionId: SessionId
  /** The run that is meant; whichever is going when left out. */
  runId?: RunId | undefined
  clearQueue: boolean
}

/** The commands that make runs and end them. Each answers when it is committed. */
export type Runs = {
  /** @throws {CommandError} when the session, the parent or the id does not allow it */
  send(command: SendCommand): Promise<{ messageId: MessageId; runId: RunId }>
  /** @throws {CommandError} when there is no such session */
  stop(command: StopCommand): Promise<{ stopped: boolean }>
  /**
   * Answers a message anew under another text, beside the old one; one that waits is changed where it is.
   *
   * @throws {CommandError} when there is no such message, or it is no person's
   */
  edit(command: EditCommand): Promise<{ messageId: MessageId; runId: RunId }>
  /**
   * Answers a question anew, beside the old answer.
   *
   * @throws {CommandError} when there is no such message, or it is no answer
   */
  regenerate(command: RegenerateCommand): Promise<{ messageId: MessageId; runId: RunId }>
  /** @throws {CommandError} when there is no such message, or an answer is being written */
  select(command: SelectCommand): Promise<void>
  /** @throws {CommandError} when there is no such message, or it does not wait any more */
  unqueue(command: { userId: UserId; id: MessageId }): Promise<void>
  /** @throws {CommandError} when there is no such call, or it does not wait for a decision */
  decide(command: DecideCommand): Promise<ToolCall>
  /** @throws {CommandError} when there is no such call, or its outcome is known */
  resolve(command: ResolveCommand): Promise<ToolCall>
  /** Lets go of a run whose session is deleted: nothing more of it is written. */
  abandon(run: { id: RunId; sessionId: SessionId }): void
}

/** A command that cannot be carried out, and why, in words for the one who gave it. */
export class CommandError extends Error {
  readonly code: 'NOT_FOUND' | 'CONFLICT' | 'BAD_REQUEST' | 'TOO_MANY_REQUESTS'

  constructor(code: CommandError['code'], message: string) {
    super(message)
    this.name = 'CommandError'
    this.code = code
  }
}
