import fc from 'fast-check'
import { expect, test } from 'vitest'
import { removeFence } from './bare-json.ts'

function bare(pieces: readonly string[]): string {
  const fence = removeFence()
  const deltas = pieces.flatMap((text) => fence.push({ type: 'text', text }))
  const last = fence.push({ type: 'finish', finish: 'stop' })
  expect(last.at(-1)).toEqual({ type: 'finish', finish: 'stop' })
  return [...deltas, ...last].map((one) => ('text' in one ? one.text : '')).join('')
}

test.each([
  ['{"a": 1}', '{"a": 1}'],
  ['{"a": "```"}\n', '{"a": "```"}\n'],
  ['```json\n{"a": 1}\n```', '{"a": 1}'],
  ['\n```\n{"a": "b ``` c"}\n```\n\n', '{"a": "b ``` c"}'],
  ['```JSON \r\n{}\r\n```', '{}'],
  ['```json\n{"cut": ', '{"cut": '],
  ['``', '``'],
  ['Here: ```json\n{}\n```', 'Here: ```json\n{}\n```'],
])('%j is told as %j, wherever it is cut', (whole, told) => {
  fc.assert(
    fc.property(fc.array(fc.nat({ max: whole.length }), { maxLength: 5 }), (cuts) => {
      const places = [0, ...cuts.toSorted((one, other) => one - other), whole.length]
      expect(bare(places.slice(1).map((end, at) => whole.slice(places[at], end)))).toBe(told)
    }),
  )
})
