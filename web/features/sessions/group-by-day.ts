import type { Session } from '../../../shared/contract/session.ts'
import { t } from '../../language/t.ts'
import { formatDate } from '../../language/format.ts'

export type SessionGroup = { label: string; sessions: Session[] }

/**
 * Groups sessions under headings: pinned ones, then by the day of their last activity.
 * @param sessions newest activity first; the order within a group is kept
 * @param now the current time, which defines "today" in the local time zone
 */
export function groupByDay(sessions: readonly Session[], now: Date): SessionGroup[] {
  const groups = new Map<string, Session[]>()
  const pinned = sessions.filter((session) => session.pinned)
  if (pinned.length > 0) groups.set(t('Pinned'), pinned)
  for (const session of sessions) {
    if (session.pinned) continue
    const label = dayLabel(new Date(session.updatedAt), now)
    const group = groups.get(label)
    if (group) group.push(session)
    else groups.set(label, [session])
  }
  return [...groups].map(([label, members]) => ({ label, sessions: members }))
}

function dayLabel(date: Date, now: Date): string {
  const days = daysBetween(date, now)
  if (days <= 0) return t('Today')
  if (days === 1) return t('Yesterday')
  if (days < 7) return formatDate(date, { weekday: 'long' })
  if (days < 30) return t('Last {count, number} days', { count: 30 })
  return formatDate(date, { month: 'long', year: 'numeric' })
}

/** Whole calendar days, counted between noons, so that a change to summer time has no effect. */
function daysBetween(earlier: Date, later: Date): number {
  const noon = (date: Date) =>
    new Date(date.getFullYear(), date.getMonth(), date.getDate(), 12).getTime()
  return Math.round((noon(later) - noon(earlier)) / 86_400_000)
}
