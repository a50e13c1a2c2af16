import { expect, test } from 'vitest'
import type { Clock } from './clock.ts'
import { watchProgress } from './progress-watch.ts'

/** A clock that moves, and fires what is due, only when told: as late as a process that was frozen. */
function handClock() {
  let now = 0
  const timers = new Set<{ due: number; run: () => void }>()
  const clock: Clock = {
    now: () => now,
    after(milliseconds, run) {
      const timer = { due: now + milliseconds, run }
      timers.add(timer)
      return () => timers.delete(timer)
    },
  }
  const moveTo = (time: number): void => {
    now = time
    for (const timer of [...timers].filter(({ due }) => due <= now)) {
      timers.delete(timer)
      timer.run()
    }
  }
  return { clock, moveTo }
}

function watched() {
  const hand = handClock()
  const watch = watchProgress(hand.clock, new AbortController().signal)
  watch.expect(2_000)
  return { ...hand, watch }
}

test('a provider that is silent for as long as it may be is late', async () => {
  const { watch, moveTo } = watched()
  const raced = watch.race(new Promise(() => {}))
  moveTo(2_000)
  expect(await raced).toEqual({ type: 'late' })
})

test('a process that was frozen reads what came meanwhile before it calls the provider silent (P13)', async () => {
  const { watch, moveTo } = watched()
  const word = Promise.withResolvers<string>()
  const raced = watch.race(word.promise)
  moveTo(60_000)
  word.resolve('hello')
  expect(await raced).toEqual({ type: 'value', value: 'hello' })
  // What was read was perhaps only a sign of life: there is more to be read.
  const next = watch.race(new Promise(() => {}))
  moveTo(60_100)
  expect(await Promise.race([next, Promise.resolve('not yet')])).toBe('not yet')
})

test('a process that was frozen, and then hears nothing, calls the provider silent', async () => {
  const { watch, moveTo } = watched()
  const raced = watch.race(new Promise(() => {}))
  moveTo(60_000)
  moveTo(60_500)
  expect(await raced).toEqual({ type: 'late' })
})
