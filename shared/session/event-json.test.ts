import { expect, test } from 'vitest'
import { jsonOf } from './event-json.ts'

test('the JSON of an event is made once, where it is short and the same for every reader', () => {
  const remade = (type: string, length: number) => {
    const event = { type, text: 'a'.repeat(length) }
    jsonOf(event)
    event.text = 'b'
    return jsonOf(event) === JSON.stringify(event)
  }
  expect(['chunk', 'end', 'session'].filter((type) => remade(type, 4_000))).toEqual([])
  expect(remade('chunk', 5_000)).toBe(true)
  // It depends on the tools that are known.
  expect(remade('tool', 10)).toBe(true)
})
