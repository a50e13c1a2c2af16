import { TRPCError } from '@trpc/server'
import type { SessionId } from '../../shared/contract/ids.ts'
import { TooManyRequestsError } from '../api-error.ts'
import type { Budget, Payer } from '../budget/planned-call.ts'
import type { Prices } from '../model/catalog/prices.ts'
import { SOUND_TOKENS_PER_SECOND } from '../model/catalog/prices.ts'
import type { ModelUsage } from '../model/port.ts'

/** One call of the speech service, before it is made. */
type SpeechCall = { model: string; inputTokens: number; outputTokens: number }

/** For whom the service is called, and in which session where there is one. */
export type SpeechFor = { payer: Payer; sessionId: SessionId | null }

/** What was set aside for a call. One that is never told of counts with all of it. */
export type SpeechBill = {
  /** It took this. */
  took(used: ModelUsage): Promise<void>
  /** It was refused, or never made. */
  failed(): Promise<void>
}

export type SpeechBilling = {
  /** @throws TOO_MANY_REQUESTS when nothing is left of the day, and NOT_IMPLEMENTED without a price that a limit needs */
  forRecording(seconds: number, whose: SpeechFor): Promise<SpeechBill>
  forReading(characters: number, speed: number, whose: SpeechFor): Promise<SpeechBill>
}

export type SpeechBillingOptions = {
  models: { toText: string; toSpeech: string }
  /** Of recordings, whose input is sound, and of texts. */
  kinds: Record<'toText' | 'toSpeech', { budget: Budget; prices: Pick<Prices, 'cost'> }>
  record(
    whose: SpeechFor,
    used: { model: string; usage: Omit<ModelUsage, 'costUsd'> & { costUsd: number | null } },
  ): Promise<void>
  onError(error: unknown, what: string): void
  /** ISO 8601. */
  now(): string
}

const NOTHING: ModelUsage = { inputTokens: 0, outputTokens: 0 }
/** Of text, of somebody who speaks fast. */
const WRITTEN_TOKENS_PER_SECOND = 5
/** Somebody who speaks says so many. */
const CHARACTERS_PER_SECOND = 14
/** Of sound for a character that is read aloud, at the speed of 1: some 20 tokens a second, 14 characters. */
const SPOKEN_TOKENS_PER_CHARACTER = 1.5

/** Speech in the budgets of the day: its cost is set aside before each call, and settled after it. */
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
    // What was set aside is given back once: a second time it would be that of other calls.
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
          await record(whose, { model: call.model, usage: { ...used, costUsd } })
        } catch (error) {
          // The words are there, and paid for: they are not lost with their count.
          onError(error, 'what speech took could not be recorded')
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

/** What writing a recording down took, by its text: where the service does not say it. */
export function tokensOfText(characters: number): ModelUsage {
  return {
    inputTokens: Math.ceil((characters / CHARACTERS_PER_SECOND) * SOUND_TOKENS_PER_SECOND),
    outputTokens: Math.ceil(characters / 4),
  }
}

/** What reading a text takes. The service does not say it, so it is counted by the text. */
export function tokensOf(characters: number, speed: number): ModelUsage {
  return {
    inputTokens: Math.ceil(characters / 4),
    outputTokens: Math.ceil((characters * SPOKEN_TOKENS_PER_CHARACTER) / speed),
  }
}

/** Seconds. */
const DAY = 86_400
