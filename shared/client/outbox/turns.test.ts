import { expect, test } from 'vitest'
import { Turns } from './turns.ts'

test('what is asked for at any moment, also when the work before has just ended, is done', async () => {
  // The second request comes after each possible number of microtasks.
  for (let moments = 0; moments < 12; moments += 1) {
    let done = 0
    const turns = new Turns(async () => void (done += 1))
    turns.ask('a')
    for (let passed = 0; passed < moments; passed += 1) await Promise.resolve()
    const before = done
    turns.ask('a')
    for (let passed = 0; passed < 12; passed += 1) await Promise.resolve()
    expect(done).toBeGreaterThan(before)
  }
})
