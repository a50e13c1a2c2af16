import { expect, test } from 'vitest'
import { Turns } from './turns.ts'

test('Whoever waits with many lets another with one go between', async () => {
  const turns = new Turns(1)
  const done: string[] = []
  const work = (name: string) => async () => void done.push(name)
  await Promise.all([
    ...['a1', 'a2', 'a3', 'a4'].map((name) => turns.take('ada', work(name))),
    turns.take('bob', work('b1')),
  ])
  expect(done).toEqual(['a1', 'a2', 'b1', 'a3', 'a4'])
})

test('One that fails leaves its place to the next', async () => {
  const turns = new Turns(1)
  const fails = turns.take('ada', () => Promise.reject(new Error('no')))
  const next = turns.take('ada', async () => 'yes')
  expect(turns.waiting('ada')).toBe(1)
  await expect(fails).rejects.toThrow('no')
  expect(await next).toBe('yes')
  expect(turns.waiting('ada')).toBe(0)
})
