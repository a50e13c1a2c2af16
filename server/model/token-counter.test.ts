import { expect, onTestFinished, test } from 'vitest'
import { createTokenCounter } from './token-counter.ts'

function counter() {
  const tokens = createTokenCounter()
  onTestFinished(() => tokens.close())
  return tokens
}

const english =
  'The quick brown fox jumps over the lazy dog, and nobody was surprised by it. '.repeat(40)
const code = 'export function sum(a: number, b: number): number {\n  return a + b\n}\n'.repeat(40)
const russian = 'Съешь же ещё этих мягких французских булок, да выпей чаю. '.repeat(40)
const chinese = '我能吞下玻璃而不伤身体。今天天气很好，我们去公园散步吧。'.repeat(40)

test('the tokenizer counts what it is known to count, special words included', async () => {
  const tokens = counter()
  // While the thread starts on a busy machine, estimates are used.
  await expect
    .poll(() => tokens.count(['', 'hello world', 'hello <|endoftext|>']), { timeout: 30_000 })
    .toEqual([0, 2, expect.any(Number)])
})

test('an estimate is near enough to tell a short conversation from a long one', async () => {
  const tokens = counter()
  const texts = [english, code, russian, chinese]
  const counts = await tokens.count(texts)
  for (const [index, text] of texts.entries()) {
    const ratio = tokens.estimate(text) / (counts[index] ?? 0)
    expect(ratio, text.slice(0, 20)).toBeGreaterThan(0.6)
    expect(ratio, text.slice(0, 20)).toBeLessThan(2.5)
  }
})

test('a word without end does not hold anything up', async () => {
  const tokens = counter()
  const waiting = tokens.count(['a'.repeat(200_000)])
  // The main thread stays responsive meanwhile.
  const free = new Promise((resolve) => {
    setImmediate(() => resolve('free'))
  })
  expect(await Promise.race([waiting, free])).toBe('free')
  expect((await waiting)[0]).toBeGreaterThan(10_000)
})

test('what a model reports corrects what is found, within reason', () => {
  const tokens = counter()
  expect(tokens.correction('m', 'count')).toBe(1)
  tokens.learn('m', 'count', 1_000, 1_500)
  expect(tokens.correction('m', 'count')).toBe(1.5)
  tokens.learn('m', 'count', 1_000, 1_300)
  expect(tokens.correction('m', 'count')).toBeCloseTo(1.4)
  expect(tokens.correction('m', 'estimate')).toBe(1)
  expect(tokens.correction('other', 'count')).toBe(1)
  // A server that counts only what was not cached, or reports nothing, must not change the correction.
  tokens.learn('m', 'estimate', 1_000, 3)
  expect(tokens.correction('m', 'estimate')).toBe(0.8)
  tokens.learn('n', 'count', 10, 100)
  tokens.learn('n', 'count', 1_000, 0)
  expect(tokens.correction('n', 'count')).toBe(1)
})
