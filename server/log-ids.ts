import type { CallId, RunId, SessionId } from '../shared/contract/ids.ts'

/** The ids that a line of the log is about; never text of a conversation. */
export type LogIds = {
  request?: string | undefined
  session?: string
  run?: string
  call?: string
}

/** Reports an error that no caller can handle. */
export type OnError = (error: unknown, what: string, about?: LogIds) => void

/** A logger for lines about a run. */
export type RunLogger = {
  debug(about: object, what: string): void
  info(about: object, what: string): void
  warn(about: object, what: string): void
  /** A logger that adds these ids to each line. */
  child(about: LogIds): RunLogger
}

export function idsOfRun(run: { id: RunId; sessionId: SessionId }): {
  session: string
  run: string
} {
  return { session: run.sessionId, run: run.id }
}

export function idsOfCall(stored: {
  runId: RunId
  sessionId: SessionId
  call: { id: CallId }
}): LogIds {
  return { session: stored.sessionId, run: stored.runId, call: stored.call.id }
}

/** The ids of errors that are logged elsewhere, after the call that failed with them. */
const ofErrors = new WeakMap<object, LogIds>()

/** Attaches the ids to an error, for the one who logs it. */
export function noteIds(error: Error, ids: LogIds): void {
  ofErrors.set(error, ids)
}

export function idsOfError(error: unknown): LogIds {
  return (error instanceof Error && ofErrors.get(error)) || {}
}

const ID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i

/** The session in a procedure's input. Only an id is taken, because any other value may be text of a conversation. */
export function sessionOfInput(path: string, input: unknown): { session?: string } {
  const id = field(input, 'sessionId') ?? (path.startsWith('sessions.') ? field(input, 'id') : null)
  return id === null ? {} : { session: id }
}

/** The run in a procedure's answer. */
export function runOfOutput(output: unknown): { run?: string } {
  const id = field(output, 'runId')
  return id === null ? {} : { run: id }
}

function field(of: unknown, name: string): string | null {
  if (typeof of !== 'object' || of === null || !(name in of)) return null
  const value: unknown = Reflect.get(of, name)
  return typeof value === 'string' && ID.test(value) ? value : null
}
