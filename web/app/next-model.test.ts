import { expect, test } from 'vitest'
import { nextModel } from './next-model.ts'

const preset = { id: 'p', model: 'of the assistant' }

test('a model that is chosen after an assistant wins over the assistant’s, for that session', () => {
  expect(nextModel(null, null, 'chosen')).toBe('chosen')
  expect(nextModel(preset, null, 'chosen')).toBe('of the assistant')
  expect(nextModel({ ...preset, model: null }, null, 'chosen')).toBe('chosen')
  expect(nextModel(preset, { presetId: 'p', model: 'another' }, 'chosen')).toBe('another')
  // The server's default is a choice too.
  expect(nextModel(preset, { presetId: 'p', model: null }, 'chosen')).toBeNull()
  expect(nextModel(preset, { presetId: 'before', model: 'another' }, 'chosen')).toBe(
    'of the assistant',
  )
  expect(nextModel(null, { presetId: 'p', model: 'another' }, 'chosen')).toBe('chosen')
})
