import { TRPCError } from '@trpc/server'
import type { SessionId } from '../../shared/contract/ids.ts'
import { TooManyRequestsError } from '../api-error.ts'
import type { Budget, Payer } from '../budget/planned-call.ts'
import type { OnError } from '../log-ids.ts'
import type { Prices } from '../model/catalog/prices.ts'
import { SOUND_TOKENS_PER_SECOND } from '../model/catalog/prices.ts'
import type { ModelUsage } from '../model/port.ts'

/** One call of the speech service, before it is made. */
type SpeechCall = { model: string; inputTokens: number; outputTokens: number }

/** The payer of a call of the service, and the session if there is one. */
export type SpeechFor = { payer: Payer; sessionId: SessionId | null }

/** The reservation of a call. If neither function is called, all of it counts. */
export type SpeechBill = {
  /** Records the usage of the call. */
  took(used: ModelUsage): Promise<void>
  /** Records that the call was refused, or never made. */
  failed(): Promise<void>
}

export type SpeechBilling = {
  /**
   * @throws TOO_MANY_REQUESTS when nothing is left of the day, and NOT_IMPLEMENTED when a limit needs a price that is
   *   unknown
   */
  forRecording(seconds: number, whose: SpeechFor): Promise<SpeechBill>
  forReading(characters: number, speed: number, whose: SpeechFor): Promise<SpeechBill>
}

export type SpeechBillingOptions = {
  models: { toText: string; toSpeech: string }
  /** For recordings, whose input is sound, and for texts. */
  kinds: Record<'toText' | 'toSpeech', { budget: Budget; prices: Pick<Prices, 'cost'> }>
  record(
    whose: SpeechFor,
    used: {
      kind: 'speech-in' | 'speech-out'
      model: string
      usage: Omit<ModelUsage, 'costUsd'> & { costUsd: number | null }
    },
  ): Promise<void>
  onError: OnError
  /** ISO 8601. */
  now(): string
}

const NOTHING: ModelUsage = { inputTokens: 0, outputTokens: 0 }
/** Tokens of text, for a fast speaker. */
const WRITTEN_TOKENS_PER_SECOND = 5
/** Characters that a speaker says in a second. */
const CHARACTERS_PER_SECOND = 14
/** Tokens of sound for a character that is read aloud at speed 1: some 20 tokens and 14 characters a second. */
const SPOKEN_TOKENS_PER_CHARACTER = 1.5

/** Speech in the budgets of the day: its cost is reserved before each call, and settled after it. */
export function createSpeechBilling({
  models,
  kinds,
  record,
  onError,
  now,
}: SpeechBillingOptions): SpeechBilling {
  async function begin(
    kind: 'toText' | 'toSpeech',
    call: SpeechCall,
    whose: SpeechFor,
  ): Promise<SpeechBill> {
    const { budget, prices } = kinds[kind]
    const reserved = await budget.reserve({ ...call, payer: whose.payer })
    if (!reserved.ok) throw await refusal(reserved.error.message, prices, call)
    const { settle, shortage } = reserved.reservation
    if (shortage) {
      await settle(NOTHING)
      await shortage.note()
      throw await refusal(shortage.error.message, prices, call)
    }
    // The reservation is released once: a second time would release that of other calls.
    let isSettled = false
    const first = (): boolean => {
      const wasSettled = isSettled
      isSettled = true
      return !wasSettled
    }
    return {
      async took(used) {
        if (!first()) return
        try {
          await settle(used)
          const costUsd = await prices.cost(call.model, used)
          await record(whose, {
            kind: kind === 'toText' ? 'speech-in' : 'speech-out',
            ...{ model: call.model, usage: { ...used, costUsd } },
          })
        } catch (error) {
          // The result is there and paid for: it must not be lost because counting it failed.
          onError(error, 'what speech took could not be recorded', {
            ...(whose.sessionId !== null && { session: whose.sessionId }),
          })
        }
      },
      async failed() {
        if (first()) await settle(NOTHING)
      },
    }
  }

  async function refusal(message: string, prices: Pick<Prices, 'cost'>, call: SpeechCall) {
    if ((await prices.cost(call.model, call)) === null) {
      return new TRPCError({ code: 'NOT_IMPLEMENTED', message })
    }
    const seconds = (Date.parse(now()) / 1_000) % DAY
    return new TooManyRequestsError(message, DAY - seconds)
  }

  return {
    forRecording(seconds, whose) {
      const inputTokens = Math.ceil(seconds * SOUND_TOKENS_PER_SECOND)
      const call = {
        model: models.toText,
        inputTokens,
        outputTokens: 100 + Math.ceil(seconds * WRITTEN_TOKENS_PER_SECOND),
      }
      return begin('toText', call, whose)
    },
    forReading(characters, speed, whose) {
      return begin('toSpeech', { model: models.toSpeech, ...tokensOf(characters, speed) }, whose)
    },
  }
}

/** The usage of a transcription, computed from its text, for a service that does not report it. */
export function tokensOfText(characters: number): ModelUsage {
  return {
    inputTokens: Math.ceil((characters / CHARACTERS_PER_SECOND) * SOUND_TOKENS_PER_SECOND),
    outputTokens: Math.ceil(characters / 4),
  }
}

/** The usage of reading a text aloud. The service does not report it, so it is computed from the text. */
export function tokensOf(characters: number, speed: number): ModelUsage {
  return {
    inputTokens: Math.ceil(characters / 4),
    outputTokens: Math.ceil((characters * SPOKEN_TOKENS_PER_CHARACTER) / speed),
  }
}

/** Seconds. */
const DAY = 86_400
