import { expect, test } from 'vitest'
import { matching } from './palette-items.ts'
import type { PaletteItem } from './palette-items.ts'

const item = (text: string, keywords?: string): PaletteItem => ({
  id: text,
  group: 'Commands',
  text,
  ...(keywords === undefined ? {} : { keywords }),
  run: () => {},
})

test('a command is found by any of its words, in any order and case', () => {
  const items = [item('New session', 'chat'), item('Theme: dark', 'night'), item('Usage')]
  const found = (typed: string) => matching(items, typed).map(({ text }) => text)
  expect(found('')).toHaveLength(3)
  expect(found('  SESSION new ')).toEqual(['New session'])
  expect(found('night')).toEqual(['Theme: dark'])
  expect(found('new dark')).toEqual([])
})
