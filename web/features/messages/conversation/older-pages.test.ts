import { expect, test } from 'vitest'
import { changedIn, isWorthAsking } from './older-pages.ts'

test('a rating of a message on an older page is seen, and the other pages stay the same', () => {
  const data: { pageParams: string[]; pages: { messages: { id: string; rating?: string }[] }[] } = {
    pageParams: ['c'],
    pages: [{ messages: [{ id: 'b', rating: 'up' }] }, { messages: [{ id: 'a' }] }],
  }
  expect(changedIn(data, 'b', { rating: 'down' })).toEqual({
    pageParams: ['c'],
    pages: [{ messages: [{ id: 'b', rating: 'down' }] }, { messages: [{ id: 'a' }] }],
  })
  expect(changedIn(data, 'elsewhere', { rating: 'down' })).toBe(data)
  expect(changedIn(undefined, 'a', {})).toBeUndefined()
})

test('a page that comes back asks for few pages, after a long time, and never in the middle of loading', () => {
  const at = { awayMs: 600_000, pages: 3, isFetching: false }
  expect(isWorthAsking(at)).toBe(true)
  expect(isWorthAsking({ ...at, awayMs: 10_000 })).toBe(false)
  expect(isWorthAsking({ ...at, isFetching: true })).toBe(false)
  expect(isWorthAsking({ ...at, pages: 100 })).toBe(false)
  expect(isWorthAsking({ ...at, pages: 0 })).toBe(false)
})
