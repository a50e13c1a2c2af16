import { expect, test } from 'vitest'
import { PUSH_TEXTS as OF_THE_PAGES } from '../language/push-texts-place.ts'
import { isShown, notificationOf, pageFor, PUSH_TEXTS, toldIn } from './push.ts'

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

test('a notification is in the language that the pages have kept, else in English', () => {
  const german = { done: 'Die Antwort ist da.', waits: 'Wartet.', lang: 'de', dir: 'ltr' } as const
  expect(notificationOf(told, german)).toMatchObject({ body: 'Die Antwort ist da.', lang: 'de' })
  expect(notificationOf(told)).toMatchObject({ body: 'The answer is there.', lang: 'en' })
})

test('pages and worker mean the same place', () => {
  expect(PUSH_TEXTS).toEqual(OF_THE_PAGES)
})

test('a notification leads to the page that has the session open, else to one of the app', () => {
  const [share, settings, open] = ['/share/x', '/settings', '/s/1'].map((path) => ({
    url: `https://chat.example${path}`,
  }))
  const isApp = (path: string) => !path.startsWith('/share')
  const pages = [share, settings, open].flatMap((page) => page ?? [])
  expect(pageFor(pages, '/s/1', isApp)).toBe(open)
  expect(pageFor(pages, '/s/2', isApp)).toBe(settings)
  expect(pageFor(pages.slice(0, 1), '/s/2', isApp)).toBeUndefined()
})
