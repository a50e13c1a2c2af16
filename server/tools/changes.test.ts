import { expect, test } from 'vitest'
import { followTools } from './changes.ts'

function source() {
  const listeners = new Set<() => void>()
  return {
    listeners,
    change: () => listeners.forEach((listener) => listener()),
    onChange: (listener: () => void) => {
      listeners.add(listener)
      return () => void listeners.delete(listener)
    },
  }
}

test('a change is told at once, several in a row as one, and the reader who leaves is forgotten', async () => {
  const tools = source()
  const leave = new AbortController()
  const changes = followTools(tools, leave.signal)
  expect(await changes.next()).toEqual({ done: false, value: { type: 'tools' } })
  const next = changes.next()
  tools.change()
  tools.change()
  expect(await next).toEqual({ done: false, value: { type: 'tools' } })
  const last = changes.next()
  leave.abort()
  expect(await last).toMatchObject({ done: true })
  expect(tools.listeners.size).toBe(0)
})

test('a reader whose connection is full hears of it when there is room', async () => {
  const tools = source()
  const room = Promise.withResolvers<void>()
  const changes = followTools(tools, new AbortController().signal, () => room.promise)
  let heard = false
  const first = changes.next().then(() => (heard = true))
  await new Promise((resolve) => setImmediate(resolve))
  expect(heard).toBe(false)
  room.resolve()
  await first
  await changes.return(undefined)
  expect(tools.listeners.size).toBe(0)
})
