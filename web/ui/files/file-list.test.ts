import { expect, test } from 'vitest'
import { pictureSize } from './file-list.tsx'

test('a picture has its place before it is loaded, within what is shown of it, and in its proportions', () => {
  expect(pictureSize({ width: 2000, height: 1000 })).toEqual({
    width: 288,
    aspectRatio: '2000 / 1000',
  })
  expect(pictureSize({ width: 1000, height: 2000 }).width).toBe(112)
  expect(pictureSize({ width: 40, height: 20 }).width).toBe(40)
  expect(pictureSize({})).toEqual({ maxHeight: 224 })
})
