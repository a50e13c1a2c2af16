import { filesOf } from '../../model/port.ts'
import type { ModelMessage, ModelStep } from '../../model/port.ts'
import type { ModelCatalog } from '../../model/catalog/catalog.ts'
import type { TokenBasis, TokenCounter } from '../../model/token-counter.ts'
import { clip } from './clip-text.ts'
import type { Conversation } from './context.ts'
import { fitTurns, TURNS_AT_ONCE } from './fit-turns.ts'
import type { Turn } from './fit-turns.ts'

/** Everything that a step is to be asked with, however long it is. */
export type Question = {
  request: Omit<ModelStep, 'messages'>
  conversation: Conversation
  /** The messages of the run so far. */
  current: ModelMessage[]
  /** A summary of the conversation that replaces the turns left out; null when there is none. */
  summary: string | null
}

export type FittedStep = {
  step: ModelStep
  /** Tokens of the whole request as they were found, without what the model's own numbers differ by. */
  tokens: number
  basis: TokenBasis
  /** Tokens as the model is likely to report them. */
  likely: number
  /** True when a shorter request is possible, should the model refuse this one as too long. */
  canShrink: boolean
  /** The number of turns that are left out. */
  omitted: number
}

type Known = { catalog: ModelCatalog; tokens: TokenCounter }

/** The assumed context window of an unknown model. A model that accepts less refuses, and is asked with less. */
const ASSUMED_WINDOW = 128_000

/** Every model accepts this many tokens, so short conversations need no look-up of the context window. */
const ANY_WINDOW = 3_000

/** The usual length of an answer in tokens; its limit may be much higher. */
const LIKELY_ANSWER = 1_500

/** The share of the room up to which an estimate is trusted to fit. */
const SURELY = 0.6

/** By how much an estimate may be too low where it decides how long the answer may be. */
const ESTIMATED = 0.8

/** A shorter answer is not worth asking for. Tokens. */
const LEAST_ANSWER = 256

/** Tokens that a message has beside its text. */
const PER_MESSAGE = 4

/** Tokens that a picture of the size in which it is sent takes; providers differ. */
const PER_PICTURE = 1_500

function besideText(message: ModelMessage): number {
  return PER_MESSAGE + PER_PICTURE * filesOf(message).filter(({ kind }) => kind === 'image').length
}

/**
 * Tells for about how many messages older than the turns read so far there may be room, as long as these are on average;
 * 0 when there is none.
 */
export function roomFor(model: string, { catalog, tokens }: Known) {
  let read = 0
  let messages = 0
  return async (turns: readonly Turn[]): Promise<number> => {
    for (const message of turns.flat()) {
      read += tokens.estimate(textOf(message)) + besideText(message)
      messages += 1
    }
    if (read < ANY_WINDOW) {
      return 1
    }
    // An estimate may be too high: a half more is read than seems to fit.
    const room = 1.5 * ((await catalog.contextWindow(model)) ?? ASSUMED_WINDOW) - read
    return room < 0 ? 0 : Math.ceil((room / read) * messages)
  }
}

/**
 * The step with as much of the conversation as the model can read.
 *
 * @param share of the room that is to be used: less than 1 once the model has refused what seemed to fit
 */
export async function fitStep(
  { request, conversation, current, summary }: Question,
  { catalog, tokens }: Known,
  share: number,
): Promise<FittedStep> {
  const { model, maxTokens } = request
  const turns = withCurrent(conversation.turns, current)
  const fixed =
    tokens.estimate(request.systemPrompt) +
    tokens.estimate(JSON.stringify(request.tools)) +
    tokens.estimate(JSON.stringify(request.output ?? ''))
  const estimated =
    fixed +
    sum(turns.flat().map((message) => tokens.estimate(textOf(message)) + besideText(message))) +
    stateTokens(current)
  const whole = (
    basis: TokenBasis,
    found: number,
    likely: number,
    maxTokens: number,
  ): FittedStep => ({
    step: { ...request, maxTokens, messages: turns.flat() },
    tokens: found,
    basis,
    likely,
    canShrink:
      turns.length > 1 || current.some(({ role }) => role === 'tool') || maxTokens > LEAST_ANSWER,
    omitted: 0,
  })

  const estimateOff = tokens.correction(model, 'estimate')
  const complete = conversation.unread === 0 && share === 1
  const likely = Math.ceil(estimated * estimateOff)
  if (complete && likely + Math.min(maxTokens, LIKELY_ANSWER) < ANY_WINDOW) {
    // A model that is known to read less is asked for less; one that nobody knows says so itself.
    const known = (await catalog.knownContextWindow(model)) ?? ASSUMED_WINDOW
    return whole('estimate', estimated, likely, answerTokens(maxTokens, known - likely / ESTIMATED))
  }
  const window = (await catalog.contextWindow(model)) ?? ASSUMED_WINDOW
  const room = share * (window * 0.97 - Math.min(maxTokens, window / 2))
  const answer = (read: number) => answerTokens(maxTokens, share * window - read)
  if (complete && likely < room * SURELY) {
    return whole('estimate', estimated, likely, answer(likely / ESTIMATED))
  }

  const countOff = tokens.correction(model, 'count')
  const counted = await countTurns(turns, tokens)
  const note = leftOut(conversation.unread + turns.length, summary)
  const everything = fixed + sum(counted.flatMap((turn) => turn.tokens)) + stateTokens(current)
  if (complete && everything * countOff <= room) {
    const read = Math.ceil(everything * countOff)
    return whole('count', everything, read, answer(read))
  }
  const fitted = fitTurns(
    counted,
    room / countOff - fixed - stateTokens(current) - tokens.estimate(note),
  )
  const omitted = conversation.unread + fitted.omitted
  const found = fixed + stateTokens(current) + tokens.estimate(note) + fitted.tokens
  return {
    step: {
      ...request,
      maxTokens: answer(found * countOff),
      systemPrompt: [request.systemPrompt, omitted > 0 ? leftOut(omitted, summary) : '']
        .filter(Boolean)
        .join('\n\n'),
      messages: fitted.messages,
    },
    tokens: found,
    basis: 'count',
    likely: Math.ceil(found * countOff),
    canShrink: fitted.canShrink || answer(found * countOff) > LEAST_ANSWER,
    omitted,
  }
}

/** The answer's limit within the rest of the window; providers need a small part of it for themselves. */
function answerTokens(wanted: number, left: number): number {
  return Math.min(wanted, Math.max(LEAST_ANSWER, Math.floor(left * 0.98)))
}

/** A conversation that cannot be read whole is summarised anew every few turns, as often as the cut moves. */
export function isSummaryStale({
  conversation,
  summary,
}: Pick<Question, 'conversation' | 'summary'>): boolean {
  return summary === null || (conversation.unread + conversation.turns.length) % TURNS_AT_ONCE === 0
}

/** The note in the system prompt that replaces the turns left out. */
function leftOut(turns: number, summary: string | null): string {
  const note =
    turns === 1
      ? 'The first question of this conversation and its answer are left out here: it is too long to read whole.'
      : `The first ${turns} questions of this conversation and their answers are left out here: it is too long to read whole.`
  return summary ? `${note} A summary of the conversation:\n${clip(summary, 8_000)}` : note
}

function withCurrent(turns: readonly Turn[], current: readonly ModelMessage[]): Turn[] {
  return [...turns.slice(0, -1), [...(turns.at(-1) ?? []), ...current]]
}

/** A message is counted once, however many steps it is sent with. */
const counts = new WeakMap<ModelMessage, number>()

async function countTurns(turns: readonly Turn[], tokens: TokenCounter) {
  const unknown = turns.flat().filter((message) => !counts.has(message))
  const found = await tokens.count(unknown.map(textOf))
  for (const [index, message] of unknown.entries()) {
    counts.set(message, (found[index] ?? 0) + besideText(message))
  }
  return turns.map((messages) => ({
    messages,
    tokens: messages.map((message) => counts.get(message) ?? 0),
  }))
}

function textOf(message: ModelMessage): string {
  switch (message.role) {
    case 'user':
      return [message.text, ...filesOf(message).map(({ instead }) => instead)].join('\n')
    case 'tool':
      return [message.output, ...filesOf(message).map(({ instead }) => instead)].join('\n')
    case 'assistant':
      return [message.text, ...message.calls.map((call) => call.name + call.arguments)].join('\n')
  }
}

/** Thoughts go back within the answer under way alone; encrypted ones are longer as text than as tokens. */
function stateTokens(current: readonly ModelMessage[]): number {
  return sum(
    current.map((message) =>
      message.role === 'assistant' && message.providerState
        ? Math.ceil(JSON.stringify(message.providerState.data).length / 6)
        : 0,
    ),
  )
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0)
}
