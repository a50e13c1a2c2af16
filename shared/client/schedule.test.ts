import { expect, test } from 'vitest'
import { frameSchedule } from './schedule.ts'

/** A page with frames every 16 ms of a simulated clock. */
function page() {
  let now = 0
  let frame: (() => void) | null = null
  let painted: (() => void) | null = null
  let paintCost = 0
  const timers = new Set<{ run: () => void; at: number }>()
  const fireTimers = (): void => {
    for (const timer of timers) {
      if (timer.at > now) continue
      timers.delete(timer)
      timer.run()
    }
  }
  const frames = {
    now: () => now,
    request(run: () => void) {
      frame = run
      return () => {
        frame = null
      }
    },
    painted(run: () => void) {
      painted = run
    },
    after(run: () => void, delayMs: number) {
      const timer = { run, at: now + delayMs }
      timers.add(timer)
      return () => timers.delete(timer)
    },
  }
  return {
    frames,
    work(ms: number) {
      now += ms
    },
    async frame() {
      now = (Math.floor(now / 16) + 1) * 16
      fireTimers()
      const run = frame
      frame = null
      run?.()
      await Promise.resolve()
      now += paintCost
      const told = painted
      painted = null
      told?.()
    },
    paintingCosts(ms: number) {
      paintCost = ms
    },
    hiddenFor(ms: number) {
      now += ms
      fireTimers()
    },
  }
}

test('what is asked for within a frame is flushed together at the next', async () => {
  const { frames, frame } = page()
  const schedule = frameSchedule(frames)
  const flushed: string[] = []
  schedule(() => flushed.push('a'))
  schedule(() => flushed.push('b'))
  expect(flushed).toEqual([])
  await frame()
  expect(flushed).toEqual(['a', 'b'])
  await frame()
  expect(flushed).toEqual(['a', 'b'])
})

test('a hidden page, which gets no frames, is told too', () => {
  const { frames, hiddenFor } = page()
  const schedule = frameSchedule(frames)
  let flushes = 0
  schedule(() => {
    flushes += 1
  })
  hiddenFor(100)
  expect(flushes).toBe(0)
  hiddenFor(200)
  expect(flushes).toBe(1)
})

test('costly drawing is done less often, and at every frame again once it is cheap', async () => {
  const { frames, frame, work } = page()
  const schedule = frameSchedule(frames)
  async function flushesIn(count: number, cost: number): Promise<number> {
    let flushes = 0
    let asked = false
    for (let n = 0; n < count; n += 1) {
      if (!asked) {
        asked = true
        schedule(() => {
          flushes += 1
          asked = false
          // React renders in a microtask that the flush queues.
          queueMicrotask(() => work(cost))
        })
      }
      await frame()
    }
    return flushes
  }
  expect(await flushesIn(40, 1)).toBe(40)
  // 15 % of the time, and the first two.
  expect(await flushesIn(100, 13)).toBeLessThanOrEqual(21)
  expect(await flushesIn(100, 40)).toBeLessThanOrEqual(11)
  await flushesIn(20, 1)
  expect(await flushesIn(40, 1)).toBe(40)
})

test('what is drawn fast but painted slowly is drawn less often too', async () => {
  const { frames, frame, paintingCosts } = page()
  const schedule = frameSchedule(frames)
  paintingCosts(14)
  let flushes = 0
  let asked = false
  for (let n = 0; n < 40; n += 1) {
    if (!asked) {
      schedule(() => {
        flushes += 1
        asked = false
      })
    }
    asked = true
    await frame()
  }
  expect(flushes).toBeLessThanOrEqual(9)
})
