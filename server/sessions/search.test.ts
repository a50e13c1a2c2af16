import { expect, test } from 'vitest'
import type { Match } from '../../db/queries/sessions/search.ts'
import { MessageId, SessionId } from '../../shared/contract/ids.ts'
import { chooseBest } from './search.ts'

const a = SessionId.parse(crypto.randomUUID())
const b = SessionId.parse(crypto.randomUUID())

test('a search takes three messages of a session at most, and leaves room for the others', () => {
  const [first, second, third, fourth] = [8, 7, 6, 5].map((rank) => message(a, rank))
  const other = message(b, 1)
  const all = [fourth, other, third, first, second].flatMap((match) => match ?? [])
  expect(chooseBest(all, 10)).toEqual([first, second, third, other])
  expect(chooseBest(all, 2)).toEqual([first, second])
})

test('a title that matches lifts its messages, and stands for itself when there are none', () => {
  const [plain, titled] = [message(a, 2), message(b, 1)]
  const title = { sessionId: b, messageId: null, rank: 5 }
  expect(chooseBest([plain, titled, title], 10)).toEqual([{ ...titled, rank: 6 }, plain])
  expect(chooseBest([plain, title], 10)).toEqual([title, plain])
})

function message(sessionId: SessionId, rank: number): Match {
  return { sessionId, messageId: MessageId.parse(crypto.randomUUID()), rank }
}
