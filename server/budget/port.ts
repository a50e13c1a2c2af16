import type { RunError } from '../../shared/contract/errors.ts'
import type { ModelUsage } from '../model/port.ts'

/** The upper bound of one model call. */
export type PlannedCall = { model: string; inputTokens: number; outputTokens: number }

/** Money that is reserved for a call. It is settled once, however the call ends. */
export type Reservation = {
  /** Replaces the reserved amount by the cost of what the call used, as far as that is known. */
  settle(used: ModelUsage): Promise<void>
}

/**
 * Keeps the cost of model calls within the day's limit, over all nodes. The maximum cost is reserved before each call.
 * A call that a crash interrupted is never settled, so it counts with its maximum.
 */
export type Budget = {
  /** True when there is a limit. */
  readonly limited: boolean
  reserve(
    call: PlannedCall,
  ): Promise<{ ok: true; reservation: Reservation } | { ok: false; error: RunError }>
}
