import { z } from 'zod'
import { SessionId } from '../ids.ts'
import { User } from '../user.ts'
import { group, query } from './declare.ts'

/** The one who calls. */
export const { me } = group(null, {
  me: query({ rest: 'GET /me', summary: 'Who is calling', output: User }),
})

/** Postgres has no year 0. */
export const Moment = z.iso
  .datetime({ offset: true })
  .refine((text) => text >= '0001', 'must not be before the year 1')

/** Of one session or all; of what was asked for at `from` or later, and before `to`. */
const period = {
  sessionId: SessionId.optional(),
  from: Moment.optional(),
  to: Moment.optional(),
  /** In which days are days. */
  timeZone: z.string().max(100).default('UTC'),
}
const Period = z.object(period).prefault({})

export const UsageTotals = z.object({
  inputTokens: z.number().int(),
  outputTokens: z.number().int(),
  /** Those of the input tokens that the provider had cached; 0 also where a provider does not say. */
  cachedInputTokens: z.number().int(),
  /** Those of the output tokens that were thought and not said; 0 also where a provider does not say. */
  reasoningTokens: z.number().int(),
  /** US dollars, of the calls whose price is known; null when none is. */
  costUsd: z.number().nullable(),
  /**
   * Answers that have a finished call of the model; one that asked two models counts for each. Titles and summaries
   * are none.
   */
  runs: z.number().int(),
})

const ModelUsage = UsageTotals.extend({ model: z.string() })

export const usage = group('usage', {
  /** By model, most tokens first, and all together. */
  summary: query({
    rest: 'GET /usage/summary',
    summary: 'What the models used, and cost',
    input: Period,
    output: z.object({ models: z.array(ModelUsage), total: UsageTotals }),
  }),

  /** By day and model, oldest first; days on which nothing ran are left out. */
  daily: query({
    rest: 'GET /usage/daily',
    summary: 'What the models used, and cost, day by day',
    input: Period,
    // `day` is a date, such as 2026-03-29, in that zone.
    output: z.array(ModelUsage.extend({ day: z.iso.date() })),
  }),

  /** How answers went: by day (oldest first), by model or by session (most tokens first). */
  answers: query({
    rest: 'GET /usage/answers',
    summary: 'How answers went: failures, tools, time to the first word',
    input: z
      .object({ ...period, by: z.enum(['day', 'model', 'session']).default('day') })
      .prefault({}),
    output: z.array(
      z.object({
        /** A date, a model, or the id of a session. */
        key: z.string(),
        /** Of a session. */
        title: z.string().nullable(),
        answers: z.number().int(),
        failed: z.number().int(),
        toolCalls: z.number().int(),
        /** Calls that failed, or whose outcome a crash hid. */
        toolFailures: z.number().int(),
        /** The median, in milliseconds; null where it was not measured. */
        firstTokenMs: z.number().int().nullable(),
        /** The 95th percentile. */
        slowFirstTokenMs: z.number().int().nullable(),
        inputTokens: z.number().int(),
        outputTokens: z.number().int(),
        /** As in the summary. */
        costUsd: z.number().nullable(),
      }),
    ),
  }),
})
