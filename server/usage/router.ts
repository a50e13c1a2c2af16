import { TRPCError } from '@trpc/server'
import { z } from 'zod'
import { findSession } from '../../db/sessions.ts'
import { sumUsageByDay, sumUsageByModel } from '../../db/usage.ts'
import { SessionId } from '../../shared/contract/ids.ts'
import { type Context, notFound, procedure, router } from '../trpc.ts'

/** Postgres has no year 0. */
const Moment = z.iso
  .datetime({ offset: true })
  .refine((text) => text >= '0001', 'must not be before the year 1')

/** Of one session or all; of what was asked for at `from` or later, and before `to`. */
const Period = z.object({
  sessionId: SessionId.optional(),
  from: Moment.optional(),
  to: Moment.optional(),
  /** In which days are days. */
  timeZone: z.string().max(100).default('UTC'),
})

const UsageTotals = z.object({
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

export const usageRouter = router({
  /** By model, most tokens first, and all together. */
  summary: procedure
    .input(Period.prefault({}))
    .output(z.object({ models: z.array(ModelUsage), total: UsageTotals }))
    .query(async ({ ctx, input }) =>
      sumUsageByModel(ctx.services.database.db, await filterOf(ctx, input)),
    ),

  /** By day and model, oldest first; days on which nothing ran are left out. */
  daily: procedure
    .input(Period.prefault({}))
    // `day` is a date, such as 2026-03-29, in that zone.
    .output(z.array(ModelUsage.extend({ day: z.iso.date() })))
    .query(async ({ ctx, input }) => {
      const days = await sumUsageByDay(ctx.services.database.db, await filterOf(ctx, input))
      if (!days) {
        throw unknownTimeZone()
      }
      return days
    }),
})

async function filterOf({ services, user }: Context, period: z.infer<typeof Period>) {
  const { sessionId, timeZone } = period
  if (!isTimeZone(timeZone)) {
    throw unknownTimeZone()
  }
  if (sessionId && !(await findSession(services.database.db, user.id, sessionId))) {
    throw notFound('session')
  }
  return { userId: user.id, ...period }
}

function unknownTimeZone(): TRPCError {
  return new TRPCError({
    code: 'BAD_REQUEST',
    message: 'timeZone: pass the IANA name of a time zone, such as Europe/Berlin.',
  })
}

/** Offsets such as +02:00 are none: Postgres reads their signs the other way round. */
function isTimeZone(name: string): boolean {
  if (/^[+-]/.test(name)) {
    return false
  }
  try {
    return new Intl.DateTimeFormat('en', { timeZone: name }).resolvedOptions().timeZone !== ''
  } catch {
    return false
  }
}
