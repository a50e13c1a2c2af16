import { expect, test } from 'vitest'
import type { Clock } from '../clock.ts'
import { ProgressWatch } from './progress-watch.ts'

/** A clock that moves and fires only when the test says so, as late as in a process that was frozen. */
function handClock() {
  let now = 0
  const timers = new Set<{ due: number; run: () => void }>()
  const clock: Clock = {
    now: () => now,
    elapsed: () => now,
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
  const watch = new ProgressWatch(hand.clock)
  watch.expect(2_000)
  const { signal } = new AbortController()
  const race = <T>(work: Promise<T>) => watch.race(work, signal)
  return { ...hand, watch, race }
}

test('a provider that is silent for as long as it may be is late', async () => {
  const { race, moveTo } = watched()
  const raced = race(new Promise(() => {}))
  moveTo(2_000)
  expect(await raced).toEqual({ type: 'late' })
})

test('a process that was frozen reads what came meanwhile before it calls the provider silent (P13)', async () => {
  const { race, moveTo } = watched()
  const word = Promise.withResolvers<string>()
  const raced = race(word.promise)
  moveTo(60_000)
  word.resolve('hello')
  expect(await raced).toEqual({ type: 'value', value: 'hello' })
  // The first read may have been only a keep-alive, so another one follows.
  const next = race(new Promise(() => {}))
  moveTo(60_100)
  expect(await Promise.race([next, Promise.resolve('not yet')])).toBe('not yet')
})

test('a process that was frozen, and then hears nothing, calls the provider silent', async () => {
  const { race, moveTo } = watched()
  const raced = race(new Promise(() => {}))
  moveTo(60_000)
  moveTo(60_500)
  expect(await raced).toEqual({ type: 'late' })
})

test('the time that the consumer takes does not count, and one timer serves all the waiting', async () => {
  const hand = handClock()
  let timers = 0
  const clock: Clock = {
    ...hand.clock,
    after: (milliseconds, run) => {
      timers += 1
      return hand.clock.after(milliseconds, run)
    },
  }
  const watch = new ProgressWatch(clock)
  let late = false
  const wait = () =>
    watch.wait(() => {
      late = true
    })
  for (let now = 0; now < 1_000; now += 1) {
    watch.expect(2_000)
    wait()
    hand.moveTo(now)
    watch.received()
  }
  expect(timers).toBe(1)
  hand.moveTo(10_000)
  expect(late).toBe(false)
  watch.expect(2_000)
  wait()
  hand.moveTo(11_999)
  expect(late).toBe(false)
  hand.moveTo(12_000)
  expect(late).toBe(true)
})

test('a shorter time than the one before is kept to', () => {
  const { watch, moveTo } = watched()
  let late = false
  const wait = () =>
    watch.wait(() => {
      late = true
    })
  wait()
  watch.received()
  watch.expect(100)
  wait()
  moveTo(100)
  expect(late).toBe(true)
})
