import { expect, test } from 'vitest'
import { changedIn } from './older-pages.ts'

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
