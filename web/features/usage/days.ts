import type { Outputs } from '../../../shared/client/index.ts'
import { formatDate } from '../../language/format.ts'

type DailyUsage = Pick<Outputs['usage']['daily'][number], 'day' | 'inputTokens' | 'outputTokens'>

/** Usage in one period: a day, or a month, which is named by its first day. */
export type Bar = { day: string; inputTokens: number; outputTokens: number }

/** More days than this are grouped into months. */
const MAX_DAILY_BARS = 100

/**
 * Usage of all models by day, including days without usage; a long period is grouped by month.
 * @param from the first day, such as `2026-03-29`; null for the first day with usage
 * @param to the last day
 */
export function barsOf(usage: readonly DailyUsage[], from: string | null, to: string): Bar[] {
  const first = from ?? usage[0]?.day
  if (first === undefined) return []
  const days = daysBetween(first, to)
  const steps =
    days.length > MAX_DAILY_BARS ? [...new Set(days.map((day) => `${day.slice(0, 7)}-01`))] : days
  const length = steps === days ? 10 : 7
  const sums = Map.groupBy(usage, ({ day }) => day.slice(0, length))
  return steps.map((day) => {
    const rows = sums.get(day.slice(0, length)) ?? []
    const sum = (key: 'inputTokens' | 'outputTokens') =>
      rows.reduce((total, row) => total + row[key], 0)
    return {
      day,
      inputTokens: sum('inputTokens'),
      outputTokens: sum('outputTokens'),
    }
  })
}

function daysBetween(first: string, last: string): string[] {
  const days: string[] = []
  // Calendar days in UTC, which has no summer time.
  for (let at = Date.parse(first); at <= Date.parse(last); at += 86_400_000) {
    days.push(new Date(at).toISOString().slice(0, 10))
  }
  return days
}

/** The calendar day of a point in time, in the local time zone. */
export function localDay(at: Date): string {
  const digits = (value: number) => String(value).padStart(2, '0')
  return `${at.getFullYear()}-${digits(at.getMonth() + 1)}-${digits(at.getDate())}`
}

/** The names of bars: days, or months where a period is long; and which days are in which bar. */
export function namesOf(bars: readonly Bar[]) {
  const isByMonth = bars.length > 1 && bars.every(({ day }) => day.endsWith('-01'))
  return {
    isByMonth,
    isIn: (day: string, bar: string): boolean =>
      isByMonth ? day.slice(0, 7) === bar.slice(0, 7) : day === bar,
    of: (day: string): string => {
      const at = new Date(`${day}T00:00:00`)
      if (Number.isNaN(at.getTime())) return day
      return formatDate(
        at,
        isByMonth ? { month: 'long', year: 'numeric' } : { day: 'numeric', month: 'short' },
      )
    },
  }
}
