import { expect, test } from 'vitest'
import { apply, findMutants } from './mutants.ts'

test('a mutant changes one place, and types and comments are none', () => {
  const source = `
    // if (a && b) { c() }
    const MAX_TRIES: number = 6
    type T = A extends B ? C : D
    export async function f(a: number, b?: string) {
      if (a > MAX_TRIES && b) {
        await g(b)
      }
      return a === 1 ? 'x' : null
    }`
  const changed = findMutants('f.ts', source).map((mutant) => [
    mutant.what,
    apply(source, mutant)
      .split('\n')
      .find((line, at) => line !== source.split('\n')[at])
      ?.trim(),
  ])
  expect(changed).toEqual([
    ['MAX_TRIES is a thousand times as much', 'const MAX_TRIES: number = 6000'],
    ['the condition always holds', 'if (true) {'],
    ['the condition never holds', 'if (false) {'],
    ['> becomes <=', 'if (a <= MAX_TRIES && b) {'],
    ['&& becomes ||', 'if (a > MAX_TRIES || b) {'],
    ['the statement is left out', ';'],
    ['the choice is always the first', "return true ? 'x' : null"],
    ['the choice is always the second', "return false ? 'x' : null"],
    ['=== becomes !==', "return a !== 1 ? 'x' : null"],
  ])
})
