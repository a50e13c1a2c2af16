import { expect, test } from 'vitest'
import { presetFile, presetFrom } from './preset-file.ts'

const editor = {
  name: 'Editor: texts',
  instructions: 'Mend it.',
  model: null,
  toolsOff: ['fetch_url'],
  suggestions: ['Mend this'],
}

test('an assistant comes out of its file as it went in', () => {
  const file = presetFile(editor)
  expect(file.name).toBe('editor-texts.assistant.json')
  expect(presetFrom(file.content)).toEqual(editor)
})

test('a file that is none is refused in words, and odd fields are left out', () => {
  expect(() => presetFrom('{')).toThrow('not the file of an assistant')
  expect(() => presetFrom('{"name":"x"}')).toThrow('not the file of an assistant')
  expect(() => presetFrom('{"kind":"throughline-preset","name":" "}')).toThrow('no name')
  const odd = '{"kind":"throughline-preset","name":"A","toolsOff":[1,"b"],"suggestions":"x"}'
  expect(presetFrom(odd)).toMatchObject({ instructions: null, toolsOff: ['b'], suggestions: [] })
})
