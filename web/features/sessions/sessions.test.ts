import { expect, test } from 'vitest'
import { Session } from '../../../shared/contract/session.ts'
import { groupByDay } from './group-by-day.ts'
import { withSession, withoutSession } from './session-pages.ts'

function session(id: number, updatedAt: Date | string, rest: Partial<Session> = {}): Session {
  const at = new Date(updatedAt).toISOString()
  return Session.parse({
    id: `00000000-0000-4000-8000-${String(id).padStart(12, '0')}`,
    title: `Session ${id}`,
    summary: null,
    status: 'active',
    model: null,
    systemPrompt: null,
    pinned: false,
    archived: false,
    running: false,
    waiting: false,
    createdAt: at,
    updatedAt: at,
    endedAt: null,
    durationMs: null,
    seq: 0,
    ...rest,
  })
}

const local = (day: number, hour = 12, month = 5) => new Date(2026, month, day, hour)

test('sessions stand under the day of their last activity, pinned ones first', () => {
  const now = local(18, 0)
  const sessions = [
    session(1, local(18, 0)),
    session(2, local(17, 23)),
    session(3, local(15)),
    session(4, local(5), { pinned: true }),
    session(5, local(1)),
    session(6, local(3, 12, 1)),
  ]
  const groups = groupByDay(sessions, now)
  expect(groups.map(({ label, sessions: members }) => [label, members.length])).toEqual([
    ['Pinned', 1],
    ['Today', 1],
    ['Yesterday', 1],
    ['Monday', 1],
    ['Last 30 days', 1],
    ['February 2026', 1],
  ])
})

const page = (items: Session[], nextCursor: string | null = null) => ({ items, nextCursor })
const ids = (pages: { items: Session[] }[]) =>
  pages.map(({ items }) => items.map(({ id }) => Number(id.slice(-3))))

test('a session that changed moves to the place of its activity and stands in the list once', () => {
  const pages = [
    page([session(1, local(9)), session(2, local(7))], 'more'),
    page([session(3, local(5))]),
  ]
  expect(ids(withSession(pages, session(3, local(10))))).toEqual([[3, 1, 2], []])
  expect(ids(withSession(pages, session(4, local(8))))).toEqual([[1, 4, 2], [3]])
  expect(ids(withSession(pages, session(4, local(1))))).toEqual([
    [1, 2],
    [3, 4],
  ])
})

test('a session older than everything loaded waits for its page', () => {
  const pages = [page([session(1, local(9))], 'more')]
  expect(ids(withSession(pages, session(2, local(1))))).toEqual([[1]])
})

test('a deleted or archived session leaves the list', () => {
  const pages = [page([session(1, local(9)), session(2, local(7))])]
  expect(ids(withoutSession(pages, session(1, local(9)).id))).toEqual([[2]])
  expect(ids(withSession(pages, session(2, local(10), { archived: true })))).toEqual([[1]])
})
