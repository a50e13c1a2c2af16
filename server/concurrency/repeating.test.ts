import { expect, test } from 'vitest'
import { repeating } from './repeating.ts'
import { Wakeup } from './wakeup.ts'

test('calls during a round cause one more, not one each', async () => {
  const gate = Promise.withResolvers<void>()
  let rounds = 0
  const sweep = repeating(async () => {
    rounds += 1
    await gate.promise
    return false
  })
  const all = [sweep(), sweep(), sweep()]
  gate.resolve()
  await Promise.all(all)
  expect(rounds).toBe(2)
})

test('rounds go on while there is more, and none begins once it is over', async () => {
  let left = 3
  await repeating(async () => (left -= 1) > 0)()
  expect(left).toBe(0)
  await repeating(async () => (left -= 1) > 0, { isOver: () => true })()
  expect(left).toBe(0)
})

test('a round that failed is reported, and the next call begins anew', async () => {
  const errors: unknown[] = []
  let rounds = 0
  const sweep = repeating(
    async () => {
      rounds += 1
      if (rounds === 1) throw new Error('away')
      return false
    },
    { onError: (error) => errors.push(error) },
  )
  await sweep()
  await sweep()
  expect({ rounds, errors }).toEqual({ rounds: 2, errors: [new Error('away')] })
  await expect(repeating(() => Promise.reject(new Error('away')))()).rejects.toThrow('away')
})

test('a wake before the sleep is not lost, and an abort ends every sleep', async () => {
  const leave = new AbortController()
  using wakeup = new Wakeup(leave.signal)
  wakeup.wake()
  await wakeup.sleep()
  let awake = false
  const slept = wakeup.sleep().then(() => (awake = true))
  await Promise.resolve()
  expect(awake).toBe(false)
  leave.abort()
  await slept
  await wakeup.sleep()
})
