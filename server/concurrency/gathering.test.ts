import { expect, test } from 'vitest'
import { Gathering } from './gathering.ts'

/** A gathering whose batches are recorded, and end when the test says so. */
function gathering(failsAlone = () => false) {
  const batches: { items: readonly string[]; end: (error?: Error) => void }[] = []
  const gathering = new Gathering(
    (items: readonly string[]) =>
      new Promise<readonly string[]>((resolve, reject) => {
        const answers = items.map((item) => `${item}!`)
        batches.push({ items, end: (error) => (error ? reject(error) : resolve(answers)) })
      }),
    { most: 3, failsAlone },
  )
  const started = () => batches.map(({ items }) => items.join(''))
  return { gathering, batches, started }
}

test('What comes during a batch makes up the next ones, and each caller gets its own result', async () => {
  const { gathering: work, batches, started } = gathering()
  const asked = Promise.all(['a', 'b', 'c', 'd', 'e'].map((item) => work.do(item)))
  expect(started()).toEqual(['a'])
  for (const sofar of [['a'], ['a', 'bcd'], ['a', 'bcd', 'e']]) {
    await expect.poll(started).toEqual(sofar)
    batches.at(-1)?.end()
  }
  expect(await asked).toEqual(['a!', 'b!', 'c!', 'd!', 'e!'])
  const later = work.do('f')
  await expect.poll(started).toEqual(['a', 'bcd', 'e', 'f'])
  batches.at(-1)?.end()
  expect(await later).toBe('f!')
})

test('After a failure that one of them caused, each is worked on by itself', async () => {
  const { gathering: work, batches, started } = gathering(() => true)
  const first = work.do('a')
  const others = Promise.allSettled([work.do('b'), work.do('c')])
  batches.at(-1)?.end()
  await first
  await expect.poll(started).toEqual(['a', 'bc'])
  batches.at(-1)?.end(new Error('b is wrong'))
  await expect.poll(started).toEqual(['a', 'bc', 'b'])
  batches.at(-1)?.end(new Error('b is wrong'))
  await expect.poll(started).toEqual(['a', 'bc', 'b', 'c'])
  batches.at(-1)?.end()
  const [b, c] = await others
  expect(b).toMatchObject({ status: 'rejected', reason: { message: 'b is wrong' } })
  expect(c).toEqual({ status: 'fulfilled', value: 'c!' })
})

test('A failure whose outcome is not known is everybody’s, and nothing is tried again', async () => {
  const { gathering: work, batches, started } = gathering()
  const first = work.do('a')
  const others = Promise.allSettled([work.do('b'), work.do('c')])
  batches.at(-1)?.end()
  await first
  await expect.poll(started).toEqual(['a', 'bc'])
  batches.at(-1)?.end(new Error('the connection broke'))
  expect((await others).map(({ status }) => status)).toEqual(['rejected', 'rejected'])
  expect(started()).toEqual(['a', 'bc'])
})
