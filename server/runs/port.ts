import type { MessageId, RunId, SessionId, UserId } from '../../shared/contract/ids.ts'

export type SendCommand = {
  userId: UserId
  sessionId: SessionId
  /** Chosen by the client; the same id with the same text is the same send. */
  id?: MessageId | undefined
  text: string
  /** The message that this one answers; the newest of the active branch when absent. */
  parentId?: MessageId | undefined
  /** What happens while an answer runs. */
  whenBusy: 'queue' | 'interrupt' | 'reject'
}

export type StopCommand = { userId: UserId; sessionId: SessionId; clearQueue: boolean }

/** The commands that make runs and end them. Each answers when it is committed. */
export type Runs = {
  /** @throws {CommandError} when the session, the parent or the id does not allow it */
  send(command: SendCommand): Promise<{ messageId: MessageId; runId: RunId }>
  /** @throws {CommandError} when there is no such session */
  stop(command: StopCommand): Promise<{ stopped: boolean }>
  /** Lets go of a run whose session is about to be deleted: nothing more of it is written. */
  abandon(run: { id: RunId; sessionId: SessionId }): void
}

/** A command that cannot be carried out, and why, in words for the one who gave it. */
export class CommandError extends Error {
  readonly code: 'NOT_FOUND' | 'CONFLICT' | 'BAD_REQUEST'

  constructor(code: CommandError['code'], message: string) {
    super(message)
    this.name = 'CommandError'
    this.code = code
  }
}
