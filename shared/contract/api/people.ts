import { z } from 'zod'
import { SessionId } from '../ids.ts'
import { User } from '../user.ts'
import { group, query } from './declare.ts'

/** The caller. */
export const { me } = group(null, {
  me: query({ rest: 'GET /me', summary: 'Who is calling', output: User }),
})

/** Postgres has no year 0. */
export const Moment = z.iso
  .datetime({ offset: true })
  .refine((text) => text >= '0001', 'must not be before the year 1')

/** Limits usage to one session, and to requests at `from` or later and before `to`. */
const period = {
  sessionId: SessionId.optional(),
  from: Moment.optional(),
  to: Moment.optional(),
  /** The time zone in which days begin. */
  timeZone: z.string().max(100).default('UTC'),
}
const Period = z.object(period).prefault({})

export const UsageTotals = z.object({
  inputTokens: z.number().int(),
  outputTokens: z.number().int(),
  /** The input tokens that the provider had cached; 0 also when a provider does not report them. */
  cachedInputTokens: z.number().int(),
  /** The output tokens of reasoning; 0 also when a provider does not report them. */
  reasoningTokens: z.number().int(),
  /** US dollars of the calls whose price is known; null when none is. */
  costUsd: z.number().nullable(),
  /**
   * Answers with at least one finished model call. An answer by two models counts for each. Titles and summaries do not
   * count.
   */
  runs: z.number().int(),
  /** Recordings that were transcribed. Their tokens and cost are in the sums, as are those of the next two. */
  speechIn: z.number().int(),
  /** Texts that were read aloud. */
  speechOut: z.number().int(),
  /** Pictures that were made. */
  images: z.number().int(),
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

  /** By day and model, oldest first; days without usage are left out. */
  daily: query({
    rest: 'GET /usage/daily',
    summary: 'What the models used, and cost, day by day',
    input: Period,
    // `day` is a date, such as 2026-03-29, in that zone.
    output: z.array(ModelUsage.extend({ day: z.iso.date() })),
  }),

  /** The outcomes of answers, also of those that go on, but none that waits for its turn: by day (oldest first), by model or by session (most tokens first). */
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
        /** The title of a session. */
        title: z.string().nullable(),
        answers: z.number().int(),
        failed: z.number().int(),
        toolCalls: z.number().int(),
        /** Calls that failed, or whose outcome is unknown. */
        toolFailures: z.number().int(),
        /** The median in milliseconds; null when it was not measured. */
        firstTokenMs: z.number().int().nullable(),
        /** The 95th percentile. */
        slowFirstTokenMs: z.number().int().nullable(),
        inputTokens: z.number().int(),
        outputTokens: z.number().int(),
        /** As in `usage.summary`. */
        costUsd: z.number().nullable(),
      }),
    ),
  }),
})
