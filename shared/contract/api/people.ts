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
const Period = z
  .object({
    sessionId: SessionId.optional(),
    from: Moment.optional(),
    to: Moment.optional(),
    /** In which days are days. */
    timeZone: z.string().max(100).default('UTC'),
  })
  .prefault({})

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
})
