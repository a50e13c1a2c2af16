import { expect, test } from 'vitest'
import { joinTexts } from './join-texts.ts'

test('neighbouring texts are one, and nothing else is', () => {
  expect(
    joinTexts([
      { type: 'text', text: 'One, t' },
      { type: 'text', text: 'wo' },
      { type: 'tool' },
      { type: 'text', text: 'three' },
      { type: 'reasoning', text: 'Hm' },
      { type: 'text', text: 'four' },
      { type: 'refusal', text: 'No' },
      { type: 'file' },
    ]),
  ).toEqual(['One, two', 'three', 'four', 'No'])
  expect(joinTexts([])).toEqual([])
})
