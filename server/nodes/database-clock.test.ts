import { expect, test } from 'vitest'
import { DatabaseClock } from './database-clock.ts'

test('the time is the database’s, whatever this machine’s clock says', () => {
  let count = 5
  const clock = new DatabaseClock(() => count)
  clock.adjust(1_000_000, 4)
  expect(clock.now()).toBe(1_000_000)
  count += 250.5
  expect(clock.now()).toBe(1_000_250)
})

test('an answer that was long on its way moves nothing, and one that shows an error does', () => {
  let count = 0
  const clock = new DatabaseClock(() => count)
  clock.adjust(1_000_000, 0)
  count = 5_000
  clock.adjust(1_000_010, 5)
  expect(clock.now()).toBe(1_005_000)
  count = 10_000
  clock.adjust(1_010_300, 9_999)
  expect(clock.now()).toBe(1_010_300)
})

test('it does not go back for a small difference, and waits', () => {
  let count = 0
  const clock = new DatabaseClock(() => count)
  clock.adjust(1_000_000, 0)
  count = 100
  expect(clock.now()).toBe(1_000_100)
  clock.adjust(1_000_060, 100)
  expect(clock.now()).toBe(1_000_100)
  count = 150
  expect(clock.now()).toBe(1_000_110)
})

test('a clock of the database that was set back is followed', () => {
  const clock = new DatabaseClock(() => 0)
  clock.adjust(10_000_000, 0)
  expect(clock.now()).toBe(10_000_000)
  clock.adjust(1_000_000, 0)
  expect(clock.now()).toBe(1_000_000)
})
