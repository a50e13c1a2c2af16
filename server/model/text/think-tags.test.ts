import fc from 'fast-check'
import { expect, test } from 'vitest'
import { splitThoughts, withoutThoughts } from './think-tags.ts'

/** The text and the reasoning of an answer in these pieces. */
function split(pieces: readonly string[]): [string, string] {
  const splitter = splitThoughts()
  const deltas = pieces.flatMap((text) => splitter.push({ type: 'text', text }))
  const all = [...deltas, ...splitter.flush()]
  const of = (kind: string) =>
    all.flatMap((one) => ('text' in one && one.type === kind ? [one.text] : [])).join('')
  return [of('text'), of('reasoning')]
}

test.each([
  ['<think>hm</think>\n\nYes', 'Yes', 'hm'],
  ['\n<think>\nhm\n</think>Yes', 'Yes', '\nhm\n'],
  ['<think></think>Yes', 'Yes', ''],
  ['<think>never closed', '', 'never closed'],
  ['<thin', '<thin', ''],
  ['  code', '  code', ''],
  ['\n\n', '', ''],
  ['It says <think>x</think>', 'It says <think>x</think>', ''],
  ['<think>a</think>b<think>c</think>', 'b<think>c</think>', 'a'],
])('%j is the text %j and the thoughts %j, wherever it is cut', (whole, text, thoughts) => {
  fc.assert(
    fc.property(fc.array(fc.nat({ max: whole.length }), { maxLength: 5 }), (cuts) => {
      const places = [0, ...cuts.toSorted((one, other) => one - other), whole.length]
      const pieces = places.slice(1).map((end, at) => whole.slice(places[at], end))
      expect(split(pieces)).toEqual([text, thoughts])
    }),
  )
  if (whole.includes('<think>')) expect(withoutThoughts(whole)).toBe(text)
})
