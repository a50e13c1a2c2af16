import type { ConnectionCause, ConnectionState } from './connection.ts'

/** The state of the connection. `tries` counts attempts since the last message from the server. */
export type ConnectionProgress = {
  readonly phase: 'trying' | 'open' | 'closed'
  readonly tries: number
  readonly cause: ConnectionCause | null
  /** The browser's network state; true outside of a browser. */
  readonly online: boolean
  /** The reason why a reachable server cannot work, and the number of its refusals; null while it works. */
  readonly outage: { readonly cause: ConnectionCause; readonly refusals: number } | null
}

export type ConnectionStep =
  | { type: 'try' }
  | { type: 'opened' }
  /** The server sent a message that is not a refusal. */
  | { type: 'received' }
  | { type: 'lost'; cause: ConnectionCause }
  /** The reason of the loss became known later. */
  | { type: 'explained'; cause: ConnectionCause }
  | { type: 'network'; online: boolean }
  /** Null means that the server works again. */
  | { type: 'outage'; cause: ConnectionCause | null }
  | { type: 'closed' }

export function advance(progress: ConnectionProgress, step: ConnectionStep): ConnectionProgress {
  if (progress.phase === 'closed') return progress
  switch (step.type) {
    case 'try':
      return { ...progress, phase: 'trying', tries: progress.tries + 1 }
    case 'opened':
      return { ...progress, phase: 'open' }
    case 'received':
      return { ...progress, tries: 0 }
    case 'lost':
      return { ...progress, phase: 'trying', cause: step.cause }
    case 'explained':
      return progress.phase === 'trying' ? { ...progress, cause: step.cause } : progress
    case 'network':
      return { ...progress, online: step.online }
    case 'outage':
      return { ...progress, outage: outageAfter(progress, step.cause) }
    case 'closed':
      return { ...progress, phase: 'closed' }
  }
}

function outageAfter(
  { outage }: ConnectionProgress,
  cause: ConnectionCause | null,
): ConnectionProgress['outage'] {
  return cause === null ? null : { cause, refusals: (outage?.refusals ?? 0) + 1 }
}

export function describe({
  phase,
  tries,
  cause,
  online,
  outage,
}: ConnectionProgress): ConnectionState {
  switch (phase) {
    case 'closed':
      return { status: 'offline', reason: 'closed' }
    case 'open':
      return outage === null
        ? { status: 'connected' }
        : { status: 'reconnecting', attempt: outage.refusals, cause: outage.cause }
    case 'trying':
      if (!online) return { status: 'offline', reason: 'network' }
      if (cause === null) return { status: 'connecting' }
      return { status: 'reconnecting', attempt: Math.max(tries, 1), cause }
  }
}
