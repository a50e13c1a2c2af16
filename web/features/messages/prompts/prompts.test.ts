import { expect, test } from 'vitest'
import { promptName, promptsFor } from './prompts.ts'

test('one’s own prompts come first and replace built-in ones of their name', () => {
  const mine = [
    { name: 'shorter', text: 'Mine' },
    { name: 'my-summary', text: 'Sum it up' },
  ]
  expect(promptsFor('sh', mine)).toEqual([{ name: 'shorter', text: 'Mine' }])
  expect(promptsFor('sum', mine).map(({ name }) => name)).toEqual(['summarise', 'my-summary'])
  expect(promptsFor('nothing-like-it', mine)).toEqual([])
})

test('a name is what can be typed after a slash', () => {
  expect(promptName('  My Prompt: für Tee! ')).toBe('my-prompt-für-tee')
})
