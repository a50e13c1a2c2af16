import type { ModelMessage } from '../../model/port.ts'
import { clip } from './clip-text.ts'

/** A question and everything that was answered to it. */
export type Turn = ModelMessage[]

/** Tokens of each message of each turn; the last turn is the one that is being answered. */
export type CountedTurn = { messages: Turn; tokens: number[] }

export type Fitted = {
  messages: ModelMessage[]
  /** The number of oldest turns that are left out. */
  omitted: number
  tokens: number
  /** True when a shorter request is possible. */
  canShrink: boolean
}

/**
 * The newest turns that fit, whole: a call never stands without its result. The turn that is being answered is always
 * there; when it alone is too long, its tools' results are clipped, the more the less room there is.
 *
 * @param room tokens
 */
export function fitTurns(turns: readonly CountedTurn[], room: number): Fitted {
  const current = shrinkTurn(turns.at(-1) ?? { messages: [], tokens: [] }, room)
  const older = turns.slice(0, -1)
  const sizes = older.map(({ tokens }) => sum(tokens))
  let first = older.length
  let tokens = sum(current.tokens)
  while (first > 0 && tokens + (sizes[first - 1] ?? 0) <= room) {
    first -= 1
    tokens += sizes[first] ?? 0
  }
  const kept = steadied(first, older.length)
  tokens -= sum(sizes.slice(first, kept))
  return {
    messages: [...older.slice(kept).flatMap(({ messages }) => messages), ...current.messages],
    omitted: kept,
    tokens,
    canShrink: kept < older.length || current.messages.some(isLongResult),
  }
}

/**
 * Providers charge less, and answer sooner, for a beginning that they have seen before: so the cut does not move with
 * every turn, but some turns at once, where enough of them are left.
 */
function steadied(first: number, length: number): number {
  const wanted = Math.ceil(first / TURNS_AT_ONCE) * TURNS_AT_ONCE
  return length - wanted >= TURNS_AT_ONCE ? wanted : first
}

/** Clips results from the longest allowed length down, until the turn fits or nothing more is to be gained. */
function shrinkTurn(turn: CountedTurn, room: number): CountedTurn {
  let { messages, tokens } = turn
  for (let limit = LONGEST_RESULT; sum(tokens) > room && limit >= SHORTEST_RESULT; limit /= 2) {
    // From the whole each time: a clip of a clip would tell a wrong length.
    const clipped = turn.messages.map((message) => withShorterResult(message, limit))
    tokens = turn.tokens.map((count, index) => {
      const before = lengthOf(turn.messages[index])
      const after = lengthOf(clipped[index])
      return after < before ? Math.ceil((count * after) / before) : count
    })
    messages = clipped
  }
  return { messages, tokens }
}

function withShorterResult(message: ModelMessage, limit: number): ModelMessage {
  // A note takes some room itself: clipping what is hardly longer gains nothing.
  return message.role === 'tool' && message.output.length > limit * 1.25
    ? { ...message, output: clip(message.output, limit) }
    : message
}

function isLongResult(message: ModelMessage): boolean {
  return lengthOf(message) > SHORTEST_RESULT * 2
}

function lengthOf(message: ModelMessage | undefined): number {
  return message?.role === 'tool' ? message.output.length : 0
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0)
}

/** By how many turns the cut moves. */
export const TURNS_AT_ONCE = 4
/** UTF-16 units. */
const LONGEST_RESULT = 128_000
const SHORTEST_RESULT = 500
