import { expect, test, vi } from 'vitest'
import { PUSH_TEXTS as OF_THE_PAGES } from '../language/push-texts-place.ts'
import { isNews, isShown, leadTo, notificationOf, PUSH_TEXTS, toldIn } from './push.ts'

const told = { sessionId: 's', seq: 7, kind: 'done', title: 'Quays' } as const

test('what is none of the server’s is not shown', () => {
  expect(toldIn(JSON.stringify(told))).toEqual(told)
  expect(toldIn('{"sessionId":"s"}')).toBeNull()
  expect(toldIn('nonsense')).toBeNull()
})

test('a place in the log is shown once, and what comes later again', () => {
  const shown = [{ data: notificationOf(told).data }]
  expect(isShown(told, shown)).toBe(true)
  expect(isShown({ ...told, seq: 9 }, shown)).toBe(false)
  expect(isShown(told, [])).toBe(false)
})

test('a place is told once, also when its notification was put away; of many sessions the newest are known', async () => {
  const kept = new Map<string, Response>()
  const at = (key: string | { url: string }) =>
    typeof key === 'string' ? `https://chat.example${key}` : key.url
  vi.stubGlobal('caches', {
    open: async () => ({
      match: async (key: string) => kept.get(at(key))?.clone(),
      put: async (key: string, response: Response) => kept.set(at(key), response),
      delete: async (key: string | { url: string }) => kept.delete(at(key)),
      keys: async () => [...kept.keys()].map((url) => ({ url })),
    }),
  })
  const news = (sessionId: string, seq: number) => isNews({ ...told, sessionId, seq }, '/base')
  expect(await news('first', 7)).toBe(true)
  expect(await news('first', 7)).toBe(false)
  expect(await news('first', 6)).toBe(false)
  expect(await news('first', 8)).toBe(true)
  for (let session = 1; session <= 200; session += 1) await news(`${session}`, 1)
  expect(kept.size).toBe(200)
  expect(await news('200', 1)).toBe(false)
  vi.unstubAllGlobals()
})

test('a notification is in the language that the pages have kept, else in English', () => {
  const german = { done: 'Die Antwort ist da.', waits: 'Wartet.', lang: 'de', dir: 'ltr' } as const
  expect(notificationOf(told, german)).toMatchObject({ body: 'Die Antwort ist da.', lang: 'de' })
  expect(notificationOf(told)).toMatchObject({ body: 'The answer is there.', lang: 'en' })
})

test('pages and worker mean the same place', () => {
  expect(PUSH_TEXTS).toEqual(OF_THE_PAGES)
})

/** Pages of which `shows` is the one that shows the session; `old` ones answer nothing. */
function openPages(paths: readonly string[], shows?: number, old = false) {
  const done: string[] = []
  const pages = paths.map((path, index) => ({
    url: `https://chat.example${path}`,
    index,
    focus: async () => done.push(`focus ${index}`),
    navigate: async (to: string) => done.push(`load ${index} ${to}`),
  }))
  const lead = (sessionId: string | null) =>
    leadTo(
      pages,
      { path: sessionId === null ? '/' : `/s/${sessionId}`, sessionId },
      {
        isApp: (path) => !path.startsWith('/share'),
        openWindow: async (path) => done.push(`window ${path}`),
        ask: async ({ index }, message) => {
          if (old) return null
          if ('shows' in message) return index === shows ? 'shown' : 'elsewhere'
          done.push(`tell ${index} ${JSON.stringify(message)}`)
          return 'opened'
        },
      },
    )
  return { done, lead }
}

test('a notification leads to its session also in a page that was loaded there and has gone elsewhere since', async () => {
  const one = openPages(['/share/x', '/s/1'])
  await one.lead('1')
  expect(one.done).toEqual(['focus 1', 'tell 1 {"open":"1"}'])
  // Of several it is the one that shows the session, wherever it was loaded.
  const several = openPages(['/s/1', '/settings', '/'], 2)
  await several.lead('1')
  expect(several.done).toEqual(['focus 2', 'tell 2 {"open":"1"}'])
})

test('a notification loads a page that does not answer, and opens one where there is none', async () => {
  const old = openPages(['/s/1', '/'], 0, true)
  await old.lead('1')
  expect(old.done).toEqual(['focus 0', 'load 0 /s/1'])
  const none = openPages(['/share/x'])
  await none.lead('1')
  expect(none.done).toEqual(['window /s/1'])
  const test = openPages(['/settings'])
  await test.lead(null)
  expect(test.done).toEqual(['focus 0', 'load 0 /'])
})
