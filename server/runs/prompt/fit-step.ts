import { filesOf } from '../../model/port.ts'
import type { ModelMessage, ModelStep } from '../../model/port.ts'
import type { ModelCatalog } from '../../model/catalog/catalog.ts'
import type { TokenBasis, TokenCounter } from '../../model/token-counter.ts'
import { clip } from './clip-text.ts'
import type { Conversation } from './context.ts'
import { fitTurns, sum, TURNS_AT_ONCE } from './fit-turns.ts'
import type { Turn } from './fit-turns.ts'

/** Everything that a step could be asked with, however long it is. */
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
  /** Tokens of the whole request as counted here, before the correction by the model's own counts. */
  tokens: number
  basis: TokenBasis
  /** Tokens as the model will probably report them. */
  likely: number
  /** True when the request can be shortened further, should the model refuse this one as too long. */
  canShrink: boolean
  /** The number of turns that are left out. */
  omitted: number
}

type Known = { catalog: ModelCatalog; tokens: TokenCounter }

/** The context window that an unknown model is assumed to have. If the model refuses, the request is shortened. */
const ASSUMED_WINDOW = 128_000

/** Every model accepts this many tokens, so the context window is not looked up for short conversations. */
const ANY_WINDOW = 3_000

/** The usual length of an answer in tokens; its limit may be much higher. */
const LIKELY_ANSWER = 1_500

/** An estimate within this share of the room is trusted; a longer request is counted exactly. */
const SURELY = 0.6

/** The factor by which an estimate may be too low; it matters where the estimate limits the answer's length. */
const ESTIMATED = 0.8

/** The shortest limit of an answer that is worth a request. Tokens. */
const LEAST_ANSWER = 256

/** Tokens of a message beyond those of its text. */
const PER_MESSAGE = 4

/** Tokens of a picture in the size in which it is sent, about; providers differ. */
const PER_PICTURE = 1_500

export function besideText(message: ModelMessage): number {
  return PER_MESSAGE + PER_PICTURE * filesOf(message).filter(({ kind }) => kind === 'image').length
}

/**
 * Returns a function that estimates for about how many older messages there is room after the turns read so far, if
 * they are as long on average; 0 for none.
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
    // An estimate may be too high, so half as much again is read as seems to fit.
    const room = 1.5 * ((await catalog.contextWindow(model)) ?? ASSUMED_WINDOW) - read
    return room < 0 ? 0 : Math.ceil((room / read) * messages)
  }
}

/**
 * The step with as much of the conversation as fits into the model's context window.
 *
 * @param share of the room that is used: less than 1 after the model has refused a request that seemed to fit
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
    // A model with a known smaller window is asked for a shorter answer. A model with an unknown window refuses by
    // itself.
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

/** The limit of the answer within the rest of the window, of which providers need a small part themselves. */
function answerTokens(wanted: number, left: number): number {
  return Math.min(wanted, Math.max(LEAST_ANSWER, Math.floor(left * 0.98)))
}

/** True when the summary is too old. A conversation that does not fit is summarised again whenever its cut moves. */
export function isSummaryStale({
  conversation,
  summary,
}: Pick<Question, 'conversation' | 'summary'>): boolean {
  return summary === null || (conversation.unread + conversation.turns.length) % TURNS_AT_ONCE === 0
}

/** The text of the system prompt about the turns that are left out. */
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

/** The tokens of each message are counted once, although it is sent with several steps. */
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

export function textOf(message: ModelMessage): string {
  switch (message.role) {
    case 'user':
      return [message.text, ...filesOf(message).map(({ instead }) => instead)].join('\n')
    case 'tool':
      return [message.output, ...filesOf(message).map(({ instead }) => instead)].join('\n')
    case 'assistant':
      return [message.text, ...message.calls.map((call) => call.name + call.arguments)].join('\n')
  }
}

/** Reasoning is sent back only within the running answer. Encrypted reasoning is longer as text than in tokens. */
function stateTokens(current: readonly ModelMessage[]): number {
  return sum(
    current.map((message) =>
      message.role === 'assistant' && message.providerState
        ? Math.ceil(JSON.stringify(message.providerState.data).length / 6)
        : 0,
    ),
  )
}
