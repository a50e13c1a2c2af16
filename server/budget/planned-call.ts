import { KeyId } from '../../shared/contract/ids.ts'
import type { UserId } from '../../shared/contract/ids.ts'
import type { RunError } from '../../shared/contract/errors.ts'
import type { Login } from '../auth/port.ts'
import type { ModelUsage } from '../model/port.ts'

/** The payer of a model call: a person, and the API key if a program asked. */
export type Payer = { userId: UserId; keyId: KeyId | null }

/** The upper bound of one model call, and its payer. */
export type PlannedCall = {
  model: string
  inputTokens: number
  outputTokens: number
  payer: Payer
}

/** A call with its reservation, which is settled once, however the call ends. */
export type Reservation = {
  /** The most tokens that the model may write: fewer than planned if the payer's day leaves fewer. */
  outputTokens: number
  /** The error of a run that was cut for that reason; null when it got all. */
  shortage: Shortage | null
  /** True when there is a limit that the call could exceed. */
  limited: boolean
  /** Plain JSON with which another node may settle it; null when there is nothing to settle. */
  receipt: unknown
  /** Replaces the reservation by the cost of the call, as far as it is known. */
  settle(used: ModelUsage): Promise<void>
}

/** Too little is left of a payer's day. */
export type Shortage = {
  error: RunError
  /** Records the need of the call, so that further messages are refused before they are stored. */
  note(): Promise<void>
}

/**
 * Keeps the cost of model calls within the day's limits, over all nodes: those of all together, and with accounts each
 * person's and each key's. The maximum cost is reserved before each call. A call that a crash interrupted is never
 * settled, so it counts with its maximum.
 */
export type Budget = {
  reserve(
    call: PlannedCall,
  ): Promise<{ ok: true; reservation: Reservation } | { ok: false; error: RunError }>
  /** The reservation of a call that goes on here, by its receipt. */
  takeUp(call: PlannedCall, receipt: unknown): Reservation
}

/** The reason why a payer has nothing left for the day. */
export type Spent = {
  limit: 'tokens' | 'usd'
  by: 'user' | 'key'
  message: string
  /** Milliseconds since the epoch. */
  renewsAt: number
}

export type Allowances = {
  /** Null while something is left. */
  refusal(payer: Payer): Promise<Spent | null>
}

/** The id of the API key; null for a person. */
export function keyOf({ kind, id }: Login): KeyId | null {
  return kind === 'key' ? KeyId.parse(id) : null
}
