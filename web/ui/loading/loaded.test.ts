import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { loaded } from './loaded.ts'
import { missingParts } from './missing-parts.ts'

const events = new EventTarget()
let isServerThere = false

beforeEach(() => {
  vi.useFakeTimers()
  vi.stubGlobal('addEventListener', events.addEventListener.bind(events))
  vi.stubGlobal('removeEventListener', events.removeEventListener.bind(events))
  vi.stubGlobal('fetch', async () => {
    if (!isServerThere) throw new TypeError('Failed to fetch')
    return new Response('')
  })
  isServerThere = false
})
afterEach(() => {
  vi.useRealTimers()
  vi.unstubAllGlobals()
})

/** A part that can be had from so many tries on. */
function partAfter(fails: number) {
  const tried = { times: 0 }
  const part = loaded(async () => {
    tried.times += 1
    if (tried.times <= fails) throw new TypeError('Failed to fetch dynamically imported module')
    return 'part'
  })
  return { part, tried }
}

test('a part of the app that cannot be had now comes when there is a network, and breaks nothing', async () => {
  const { part, tried } = partAfter(2)
  await vi.advanceTimersByTimeAsync(1_000)
  expect(tried.times).toBe(2)
  expect(missingParts.areThere()).toBe(false)
  events.dispatchEvent(new Event('online'))
  expect(await part).toBe('part')
})

test('a part that stays away though the server answers is told as missing until it comes', async () => {
  const { part } = partAfter(4)
  await vi.advanceTimersByTimeAsync(1_000)
  isServerThere = true
  expect(missingParts.areThere()).toBe(false)
  await vi.advanceTimersByTimeAsync(2_000)
  expect(missingParts.areThere()).toBe(true)
  await vi.advanceTimersByTimeAsync(20_000)
  expect(await part).toBe('part')
  expect(missingParts.areThere()).toBe(false)
})
