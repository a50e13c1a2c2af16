import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { Part } from '../contract/message.ts'
import { partialOutput } from './partial-output.ts'

const text = (said: string): Part => ({ type: 'text', text: said })
const of = (said: string) => partialOutput({ parts: [text(said)] })

test('an object comes piece by piece', () => {
  expect(of('')).toBeUndefined()
  expect(of('Sorry')).toBeUndefined()
  expect(of('{')).toEqual({})
  expect(of('{"na')).toEqual({})
  expect(of('{"name": "Ad')).toEqual({ name: 'Ad' })
  expect(of('{"name": "Ada", "age": 3')).toEqual({ name: 'Ada' })
  expect(of('{"name": "Ada", "age": 36, "tags": ["a", "b')).toEqual({
    ...{ name: 'Ada', age: 36 },
    tags: ['a', 'b'],
  })
})

test('a key cannot name the prototype of what is made', () => {
  const cut = of('{"__proto__": {"isAdmin": true}, "name": "Ad')
  expect(cut).toEqual({ name: 'Ad' })
  expect(cut).not.toHaveProperty('isAdmin')
})

test('what was said before a call is none of it, and what went on after a cut is', () => {
  const call = { type: 'tool' as const }
  const parts = [
    text('I look.'),
    call,
    text('{"a": "b'),
    { type: 'reasoning' as const },
    text('c"}'),
  ]
  expect(partialOutput<{ a: string }>({ parts })?.a).toBe('bc')
})

test('cut anywhere it is no more than the whole, and whole it is the same', () => {
  fc.assert(
    fc.property(fc.object({ withBoxedValues: false }), fc.nat(), (made, at) => {
      const json = JSON.stringify(made)
      const whole: unknown = JSON.parse(json)
      expect(of(json)).toEqual(whole)
      const cut = of(json.slice(0, at % json.length))
      for (const key of Object.keys(cut ?? {})) expect(Object.keys(made)).toContain(key)
    }),
  )
})
