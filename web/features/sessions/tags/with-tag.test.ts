import { expect, test } from 'vitest'
import { MAX_TAGS } from '../../../../shared/contract/tags.ts'
import { withTag } from './with-tag.ts'

test('a tag is added once, in the spelling that it has elsewhere', () => {
  expect(withTag([], '  North   quay ')).toEqual(['North quay'])
  expect(withTag(['Work'], 'work')).toEqual(['Work'])
  expect(withTag(['Work'], 'north', ['North'])).toEqual(['Work', 'North'])
  expect(withTag(['Work'], '  ')).toEqual(['Work'])
})

test('a session takes no more tags than the server keeps', () => {
  const full = Array.from({ length: MAX_TAGS }, (_, index) => `tag ${index}`)
  expect(withTag(full, 'one more')).toEqual(full)
})
