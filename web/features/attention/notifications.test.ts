import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { showNotification } from './show-notification.ts'
import { tellWhenVisible } from './visible-tab.ts'

const page = Object.assign(new EventTarget(), { visibilityState: 'visible' })
const held = new Set<Promise<void>>()
/** Grants a lock that was asked for. */
let grants: (() => void)[] = []
const shown: unknown[] = []

beforeEach(() => {
  vi.stubGlobal('document', page)
  vi.stubGlobal('navigator', {
    locks: {
      query: async () => ({ held: [] }),
      request: async (_name: string, _options: object, work: () => Promise<void>) => {
        await new Promise<void>((resolve) => grants.push(resolve))
        const working = work()
        held.add(working)
        await working
        held.delete(working)
      },
    },
    serviceWorker: {
      getRegistration: async () => ({
        showNotification: async (title: string, options: object) => shown.push([title, options]),
      }),
    },
  })
})
afterEach(() => {
  vi.unstubAllGlobals()
  held.clear()
  grants = []
  shown.length = 0
})

function look(state: 'visible' | 'hidden'): void {
  page.visibilityState = state
  page.dispatchEvent(new Event('visibilitychange'))
}

const granted = (): Promise<void> => {
  for (const grant of grants.splice(0)) grant()
  return new Promise((resolve) => setImmediate(resolve))
}

test('a tab that is hidden before it could tell the others does not keep them silent', async () => {
  look('visible')
  const end = tellWhenVisible()
  look('hidden')
  await granted()
  expect(held.size).toBe(0)
  look('visible')
  await granted()
  expect(held.size).toBe(1)
  end()
  await granted()
  expect(held.size).toBe(0)
  look('visible')
  await granted()
  expect(held.size).toBe(0)
})

test('where a page may not notify, as on Android, the worker does', async () => {
  class Refused {
    constructor() {
      throw new TypeError('Illegal constructor')
    }
  }
  vi.stubGlobal('Notification', Refused)
  await showNotification('Tides', { tag: 's done' }, { id: 's', seq: 7 }, () => {})
  expect(shown).toEqual([['Tides', { tag: 's done', data: { sessionId: 's', seq: 7 } }]])
})
