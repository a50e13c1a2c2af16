import { expect, test } from 'vitest'
import { markOf, newsOf } from './attention.ts'

const session = (id: string, running: boolean, waiting = false) => ({
  ...{ id, running, waiting },
  ...{ title: null, seq: 1 },
})

test('an answer that ended and a call that waits are news, once', () => {
  const before = [session('a', true), session('b', true), session('c', false)]
  const now = [
    session('a', false),
    session('b', true, true),
    session('c', true),
    session('d', true),
  ]
  expect(newsOf(before, now).map((news) => [news.type, news.session.id])).toEqual([
    ['done', 'a'],
    ['waits', 'b'],
  ])
  expect(newsOf(now, now)).toEqual([])
})

test('what waits for a person goes before what is done, and that before what is under way', () => {
  const [running, waits] = [session('a', true), session('b', true, true)]
  expect(markOf([running, waits], 1)).toBe('waits')
  expect(markOf([running], 1)).toBe('done')
  expect(markOf([running], 0)).toBe('answering')
  expect(markOf([session('a', false)], 0)).toBeNull()
})
