import { QueryClient } from '@tanstack/react-query'
import { expect, test, vi } from 'vitest'
import { person } from '../person.ts'
import { dropAnswers, keepAnswers } from './answers.ts'

test('nothing of who signs out is written afterwards', async () => {
  vi.useFakeTimers()
  try {
    const queries = new QueryClient()
    let written = 0
    await keepAnswers(queries, async () => {
      written += 1
      return null
    })
    person.set('ada')
    queries.setQueryData([['me']], { id: 'ada' })
    await vi.advanceTimersByTimeAsync(1_000)
    expect(written).toBe(1)
    queries.setQueryData([['sessions', 'list']], [])
    dropAnswers()
    await vi.advanceTimersByTimeAsync(1_000)
    expect(written).toBe(1)
    queries.clear()
  } finally {
    person.set(null)
    vi.useRealTimers()
  }
})
