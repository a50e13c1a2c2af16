import { expect, test } from 'vitest'
import { z } from 'zod'
import { createIdSource } from './new-id.ts'

const timeOf = (id: string) => Number.parseInt(id.replaceAll('-', '').slice(0, 12), 16)

test('ids sort in the order of their making, also those of one millisecond, or of a clock that goes back', () => {
  const clock = [1_000.9, 1_000.2, 900, 1_001]
  let now = 0
  const newId = createIdSource(() => now)
  const ids = clock.flatMap((time) => {
    now = time
    return Array.from({ length: 3_000 }, newId)
  })
  expect(ids).toEqual(ids.toSorted())
  expect(new Set(ids).size).toBe(ids.length)
  for (const id of [ids[0], ids.at(-1)]) expect(z.uuidv7().safeParse(id).success).toBe(true)
  expect(timeOf(ids[0] ?? '')).toBe(1_000)
})

test('an id has the time of the clock again as soon as that is ahead', () => {
  let now = 5_000
  const newId = createIdSource(() => now)
  for (let made = 0; made < 5_000; made += 1) newId()
  expect(timeOf(newId())).toBe(5_001)
  now = 6_000
  expect(timeOf(newId())).toBe(6_000)
})
