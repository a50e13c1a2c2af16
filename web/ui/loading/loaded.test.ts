import { expect, test, vi } from 'vitest'
import { loaded } from './loaded.ts'

test('a part of the app that cannot be had now comes when there is a network, and breaks nothing', async () => {
  vi.useFakeTimers()
  try {
    const events = new EventTarget()
    vi.stubGlobal('addEventListener', events.addEventListener.bind(events))
    vi.stubGlobal('removeEventListener', events.removeEventListener.bind(events))
    let tries = 0
    const part = loaded(async () => {
      tries += 1
      if (tries < 3) throw new TypeError('Failed to fetch dynamically imported module')
      return 'part'
    })
    await vi.advanceTimersByTimeAsync(1_000)
    expect(tries).toBe(2)
    events.dispatchEvent(new Event('online'))
    expect(await part).toBe('part')
  } finally {
    vi.useRealTimers()
    vi.unstubAllGlobals()
  }
})
