import type { RunError } from '../../shared/contract/errors.ts'
import type { ModelUsage } from '../model/port.ts'

/** One call of a model, at its largest. */
export type PlannedCall = { model: string; inputTokens: number; outputTokens: number }

/** Money that is set aside for a call. It is settled once, however the call ends. */
export type Reservation = {
  /** Replaces what was set aside by what the call used, as far as that is known. */
  settle(used: ModelUsage): Promise<void>
}

/**
 * Keeps what calls of models cost within the limit of the day, over all nodes. A call is paid for before it is made;
 * one that a crash cut is never settled, and counts with all it could have cost.
 */
export type Budget = {
  /** Whether there is a limit at all. */
  readonly limited: boolean
  reserve(
    call: PlannedCall,
  ): Promise<{ ok: true; reservation: Reservation } | { ok: false; error: RunError }>
}
