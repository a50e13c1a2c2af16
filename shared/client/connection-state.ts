import type { ConnectionCause, ConnectionState } from './connection.ts'

/** Where the connection stands. `tries` counts those since the server was last heard. */
export type ConnectionProgress = {
  readonly phase: 'trying' | 'open' | 'closed'
  readonly tries: number
  readonly cause: ConnectionCause | null
  /** What the browser says of its network; true where there is none to say. */
  readonly online: boolean
}

export type ConnectionStep =
  | { type: 'try' }
  | { type: 'opened' }
  /** The server said something that is no refusal. */
  | { type: 'heard' }
  | { type: 'lost'; cause: ConnectionCause }
  | { type: 'network'; online: boolean }
  | { type: 'closed' }

export function advance(progress: ConnectionProgress, step: ConnectionStep): ConnectionProgress {
  if (progress.phase === 'closed') return progress
  switch (step.type) {
    case 'try':
      return { ...progress, phase: 'trying', tries: progress.tries + 1 }
    case 'opened':
      return { ...progress, phase: 'open' }
    case 'heard':
      return { ...progress, tries: 0 }
    case 'lost':
      return { ...progress, phase: 'trying', cause: step.cause }
    case 'network':
      return { ...progress, online: step.online }
    case 'closed':
      return { ...progress, phase: 'closed' }
  }
}

export function describe({ phase, tries, cause, online }: ConnectionProgress): ConnectionState {
  switch (phase) {
    case 'closed':
      return { status: 'offline', reason: 'closed' }
    case 'open':
      return { status: 'connected' }
    case 'trying':
      if (!online) return { status: 'offline', reason: 'network' }
      if (cause === null) return { status: 'connecting' }
      return { status: 'reconnecting', attempt: Math.max(tries, 1), cause }
  }
}
