import { KeyId } from '../../shared/contract/ids.ts'
import type { UserId } from '../../shared/contract/ids.ts'
import type { RunError } from '../../shared/contract/errors.ts'
import type { Login } from '../auth/port.ts'
import type { ModelUsage } from '../model/port.ts'

/** For whom a model is called: a person, by a program's key where one asked. */
export type Payer = { userId: UserId; keyId: KeyId | null }

/** The upper bound of one model call, and for whom it is. */
export type PlannedCall = {
  model: string
  inputTokens: number
  outputTokens: number
  payer: Payer
}

/** What is reserved for a call. It is settled once, however the call ends. */
export type Reservation = {
  /** The most tokens that the model may write: fewer than planned where the payer's day leaves fewer. */
  outputTokens: number
  /** What a run ends with that was cut because of that; null when it was given all. */
  shortage: Shortage | null
  /** Whether there is a limit that the call could exceed. */
  limited: boolean
  /** Plain JSON, by which another node may settle it; null where there is nothing to settle. */
  receipt: unknown
  /** Replaces the reserved amount by the cost of what the call used, as far as that is known. */
  settle(used: ModelUsage): Promise<void>
}

/** Too little is left of a payer's day. */
export type Shortage = {
  error: RunError
  /** Notes that the call needed more: then further messages are refused before they are stored. */
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
  /** What was reserved for a call that goes on here, by its receipt. */
  takeUp(call: PlannedCall, receipt: unknown): Reservation
}

/** Why a payer has nothing left for the day. */
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

/** The key that a program asks with; null for a person. */
export function keyOf({ kind, id }: Login): KeyId | null {
  return kind === 'key' ? KeyId.parse(id) : null
}
