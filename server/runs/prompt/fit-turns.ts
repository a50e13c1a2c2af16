import type { ModelMessage } from '../../model/port.ts'
import { clip } from './clip-text.ts'

/** A question and everything that answered it. */
export type Turn = ModelMessage[]

/** A turn with the number of tokens of each message. */
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
 * The newest turns that fit, each whole, because a call may not be sent without its result. The turn that is being
 * answered is always included; if it alone is too long, the results of its tools are clipped.
 *
 * @param turns oldest first; the last one is being answered
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
 * Providers cache the beginning of a request, which makes it cheaper and faster. Therefore the cut does not move with
 * every turn but by several turns at once, if enough turns are left.
 */
function steadied(first: number, length: number): number {
  const wanted = Math.ceil(first / TURNS_AT_ONCE) * TURNS_AT_ONCE
  return length - wanted >= TURNS_AT_ONCE ? wanted : first
}

/** Clips results with a smaller and smaller limit, until the turn fits or clipping gains nothing more. */
function shrinkTurn(turn: CountedTurn, room: number): CountedTurn {
  let { messages, tokens } = turn
  for (let limit = LONGEST_RESULT; sum(tokens) > room && limit >= SHORTEST_RESULT; limit /= 2) {
    // Each round clips the whole result: a clip of a clip would state a wrong length.
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
  // The note about the clipped middle takes room too, so clipping a result that is hardly longer gains nothing.
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

export function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0)
}

/** The number of turns by which the cut moves at once. */
export const TURNS_AT_ONCE = 4
/** UTF-16 units. */
const LONGEST_RESULT = 128_000
const SHORTEST_RESULT = 500
