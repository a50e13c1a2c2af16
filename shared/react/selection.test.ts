import { describe, expect, test } from 'vitest'
import { createSelection, shallowEqual } from './selection.ts'

function storeOf<Value>(initial: Value) {
  let value = initial
  return {
    set(next: Value) {
      value = next
    },
    subscribe: () => () => {},
    getSnapshot: () => value,
  }
}

describe('a selection', () => {
  test('keeps its identity while other parts of the value change', () => {
    const [first, second] = [{ id: 1 }, { id: 2 }]
    const store = storeOf({ messages: [first, second], seq: 1 })
    const select = createSelection(
      store,
      ({ messages }) => messages.slice(0, 1),
      shallowEqual,
      null,
    )
    const slice = select()
    store.set({ messages: [first, { id: 3 }], seq: 2 })
    expect(select()).toBe(slice)
    store.set({ messages: [{ id: 4 }, second], seq: 3 })
    expect(select()).not.toBe(slice)
  })

  test('selects once for each value, so that a fresh object does not draw for ever', () => {
    let calls = 0
    const store = storeOf({ seq: 1 })
    const select = createSelection(
      store,
      ({ seq }) => {
        calls += 1
        return { nested: { seq } }
      },
      shallowEqual,
      null,
    )
    expect(select()).toBe(select())
    expect(calls).toBe(1)
  })

  test('takes over the identity that an earlier selector drew', () => {
    const store = storeOf({ ids: ['a', 'b'] })
    const drawn = ['a', 'b']
    const select = createSelection(store, ({ ids }) => [...ids], shallowEqual, { slice: drawn })
    expect(select()).toBe(drawn)
  })
})

test.each([
  [[1, 2], [1, 2], true],
  [[1, 2], [2, 1], false],
  [{ a: 1 }, { a: 1 }, true],
  [{ a: 1 }, { b: 1 }, false],
  [{ a: undefined }, { b: undefined }, false],
  [[], {}, false],
  [new Map([[1, 2]]), new Map([[1, 3]]), false],
  [null, {}, false],
  [Number.NaN, Number.NaN, true],
])('%o and %o are shallowly equal: %s', (a, b, equal) => {
  expect(shallowEqual(a, b)).toBe(equal)
})
