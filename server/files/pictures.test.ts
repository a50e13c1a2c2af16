import { Readable } from 'node:stream'
import sharp from 'sharp'
import { expect, test } from 'vitest'
import { resizeForModel, resizeForReader } from './pictures.ts'

const picture = await sharp({ create: { width: 8, height: 8, channels: 3, background: 'teal' } })
  .png()
  .toBuffer()
const open = async () => Readable.from([picture])

test('Pictures that readers wait for hold up no picture for the model, and who is gone gets none', async () => {
  const gate = Promise.withResolvers<void>()
  const slow = async () => {
    await gate.promise
    return open()
  }
  let isGone = false
  const reader = { whose: 'ada', isGone: () => isGone }
  const first = resizeForReader(slow, { width: 4 }, reader)
  const waiting = Array.from({ length: 50 }, () => resizeForReader(open, { width: 4 }, reader))
  expect(() => resizeForReader(open, { width: 4 }, reader)).toThrow(/Too many pictures/)
  expect((await resizeForModel(open, { width: 4 }, 'bob')).length).toBeGreaterThan(0)
  isGone = true
  gate.resolve()
  expect((await first)?.length).toBeGreaterThan(0)
  expect(new Set(await Promise.all(waiting))).toEqual(new Set([null]))
})
