import { expect, test } from 'vitest'
import { StampReader, stamp } from './stamps.ts'

test('a stamp is found wherever its bytes are cut, and says how old it is', () => {
  const bytes = Buffer.from(`{"text":"${stamp()}"}{"text":"${stamp()}${stamp()}"}`)
  for (let cut = 0; cut <= bytes.length; cut += 1) {
    const ages: number[] = []
    const reader = new StampReader((age) => ages.push(age))
    reader.read(bytes.subarray(0, cut))
    reader.read(bytes.subarray(cut))
    expect(reader).toMatchObject({ count: 3, disorder: 0 })
    expect(ages.every((age) => age >= 0 && age < 120_000)).toBe(true)
  }
})

test('a later stamp before an earlier one is disorder', async () => {
  const first = stamp()
  await expect.poll(stamp).not.toBe(first)
  const reader = new StampReader(() => undefined)
  reader.read(Buffer.from(stamp() + first))
  expect(reader).toMatchObject({ count: 2, disorder: 1 })
})
