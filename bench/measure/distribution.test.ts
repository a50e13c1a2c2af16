import { expect, test } from 'vitest'
import { Samples, median } from './distribution.ts'

test('percentiles are samples that were taken, however many there are', () => {
  const samples = new Samples()
  for (let value = 10_000; value >= 1; value -= 1) samples.add(value)
  expect(samples.distribution()).toEqual({
    count: 10_000,
    p50: 5000,
    p95: 9500,
    p99: 9900,
    max: 10_000,
  })
})

test('of one sample everything is that sample, of none nothing is known', () => {
  const samples = new Samples()
  expect(samples.distribution()).toEqual({
    count: 0,
    p50: Number.NaN,
    p95: Number.NaN,
    p99: Number.NaN,
    max: Number.NaN,
  })
  samples.add(7)
  expect(samples.distribution()).toEqual({ count: 1, p50: 7, p95: 7, p99: 7, max: 7 })
})

test('a median is the middle value in whatever order they come', () => {
  expect(median([9, 1, 5])).toBe(5)
  expect(median([4, 3, 2, 1])).toBe(2)
  expect(median([])).toBeNaN()
})
