import { expect, test } from 'vitest'
import { RunId, SessionId } from '../../../shared/contract/ids.ts'
import { chunk } from '../testing/writer-bench.ts'
import { PendingLog } from './pending.ts'

test('text of a commit that may be carried out yet stays as it is, and what follows waits behind it (P5)', () => {
  const hold = { runId: RunId.parse(crypto.randomUUID()), attempt: 1 }
  const log = new PendingLog(SessionId.parse(crypto.randomUUID()))
  log.push(hold, chunk('one', 0))
  const chunks = log.take()
  log.putBack(chunks)
  log.unclear = [{ chunks, placed: [] }]
  log.push(hold, chunk(' two', 3))
  log.push(hold, chunk(' three', 7))
  expect(log.take().map((waiting) => waiting.chunk.text)).toEqual(['one', ' two three'])
})
