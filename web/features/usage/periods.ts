import { t } from '../../language/t.ts'

/** The periods to choose from, by their days; null for all. */
export const ranges = [
  {
    value: '7',
    get label() {
      return t('{count, plural, one {# day} other {# days}}', { count: 7 })
    },
  },
  {
    value: '30',
    get label() {
      return t('{count, plural, one {# day} other {# days}}', { count: 30 })
    },
  },
  {
    value: '90',
    get label() {
      return t('{count, plural, one {# day} other {# days}}', { count: 90 })
    },
  },
  {
    value: 'all',
    get label() {
      return t('All')
    },
  },
] as const

export type Range = (typeof ranges)[number]['value']

export type Period = { from?: string; to?: string }

/** Local midnight of the period's first day; null for a period without a beginning. */
export function firstDay(range: Range, today: Date): Date | null {
  if (range === 'all') return null
  return new Date(today.getFullYear(), today.getMonth(), today.getDate() - Number(range) + 1)
}

/** The period, and the one of as many days before it; null where there is nothing before. */
export function periodsOf(range: Range, today: Date): { now: Period; before: Period | null } {
  const first = firstDay(range, today)
  if (!first) return { now: {}, before: null }
  const earlier = new Date(first.getFullYear(), first.getMonth(), first.getDate() - Number(range))
  return {
    now: { from: first.toISOString() },
    before: { from: earlier.toISOString(), to: first.toISOString() },
  }
}

/** The change in percent since the period before, in words; null when there is nothing to compare. */
export function changeOf(now: number | null, before: number | null): string | null {
  if (now === null || before === null || before === 0) return null
  const share = Math.round(((now - before) / before) * 100)
  if (share === 0) return t('as before')
  return share > 0
    ? t('{share, number} % more', { share })
    : t('{share, number} % less', { share: -share })
}
