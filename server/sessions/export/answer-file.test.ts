import { expect, test } from 'vitest'
import { answerFile, MOST_IN_ANSWER } from './answer-file.ts'

const file = { name: 'a.json', mimeType: 'application/json' }

test('A file that is too long for an answer is refused, and no more of it is made', async () => {
  const piece = 'a'.repeat(MOST_IN_ANSWER / 4)
  let made = 0
  async function* pieces() {
    for (; made < 100; made += 1) yield piece
  }
  await expect(
    answerFile({ ...file, pieces: pieces() }, undefined, '/api/account/export'),
  ).rejects.toMatchObject({
    code: 'PAYLOAD_TOO_LARGE',
    message: expect.stringContaining('GET /api/account/export'),
  })
  expect(made).toBe(4)
})

test('No more than two files are gathered at once', async () => {
  let going = 0
  let most = 0
  async function* pieces() {
    going += 1
    most = Math.max(most, going)
    yield 'a'
    await new Promise((resolve) => setImmediate(resolve))
    yield 'b'
    going -= 1
  }
  const answers = await Promise.all(
    Array.from({ length: 20 }, () => answerFile({ ...file, pieces: pieces() }, undefined, '/')),
  )
  expect(answers.every(({ content }) => content === 'ab')).toBe(true)
  expect(most).toBe(2)
})

test('A caller that takes pieces is given them unread', async () => {
  async function* pieces() {
    yield 'a'
  }
  const given = pieces()
  let taken: AsyncGenerator<string> | null = null
  const take = (some: AsyncGenerator<string>) => void (taken = some)
  expect(await answerFile({ ...file, pieces: given }, take, '/')).toEqual({ ...file, content: '' })
  expect(taken).toBe(given)
})
