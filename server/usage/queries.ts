import { TRPCError } from '@trpc/server'
import { findSession } from '../../db/queries/sessions/sessions.ts'
import { sumAnswers } from '../../db/queries/usage/answers.ts'
import { sumUsageByDay, sumUsageByModel } from '../../db/queries/usage/usage.ts'
import type { ParsedInputOf } from '../../shared/contract/api/declare.ts'
import { usage } from '../../shared/contract/api/people.ts'
import { notFound } from '../api-error.ts'
import { query } from '../trpc.ts'
import type { Admitted } from '../trpc.ts'

export const summarizeUsage = query(usage.summary, async (context, period) => {
  const filter = await filterOf(context, period)
  return context.services.replica.read((db) => sumUsageByModel(db, filter))
})

export const dailyUsage = query(usage.daily, async (context, period) => {
  const filter = await filterOf(context, period)
  const days = await context.services.replica.read((db) => sumUsageByDay(db, filter))
  if (!days) {
    throw unknownTimeZone()
  }
  return days
})

export const answersUsage = query(usage.answers, async (context, period) => {
  const filter = { ...(await filterOf(context, period)), by: period.by }
  const answers = await context.services.replica.read((db) => sumAnswers(db, filter))
  if (!answers) {
    throw unknownTimeZone()
  }
  return answers
})

async function filterOf({ services, user }: Admitted, period: ParsedInputOf<typeof usage.summary>) {
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

/** Offsets such as +02:00 are refused, because Postgres reads their signs the other way round. */
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
