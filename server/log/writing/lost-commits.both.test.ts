import { describe, expect, test, vi } from 'vitest'
import { onEachDatabase } from '../../../scripts/testing/postgres/each-database.ts'
import { readEvents } from '../../../db/queries/log/events.ts'
import { SessionId } from '../../../shared/contract/ids.ts'
import { AWAY, chunk, joined, setUpWriter } from '../testing/writer-bench.ts'

type Bench = Awaited<ReturnType<typeof setUpWriter>>

async function textsOf({ database, sessionId }: Bench): Promise<unknown[]> {
  const rows = await readEvents(database.db, sessionId, 0, 10)
  return rows.map(({ data }) => (JSON.parse(data) as { text: unknown }).text)
}

/** Waits until the writer looks for a commit whose answer was lost. */
function untilLooked({ database }: Bench): () => Promise<unknown> {
  const looked = vi.spyOn(database.writer, 'getExecutor')
  return () => {
    const before = looked.mock.calls.length
    return vi.waitUntil(() => looked.mock.calls.length > before, { interval: 1 })
  }
}

/** An append that goes on until it is let go. */
function holdLog({ writer, sessionId }: Bench) {
  const began = Promise.withResolvers<void>()
  const goesOn = Promise.withResolvers<void>()
  const done = writer.append(sessionId, async () => {
    began.resolve()
    await goesOn.promise
  })
  return { began: began.promise, letGo: goesOn.resolve, done }
}

/** Text that an append has taken, which goes on until it is let go. */
async function holdText(bench: Bench, text: string) {
  const first = holdLog(bench)
  await first.began
  void bench.writer.chunk(bench.sessionId, bench.hold, chunk(text, 0))
  // It gets the log from the first one, and takes the text with it.
  const second = holdLog(bench)
  first.letGo()
  await second.began
  await first.done
  return second
}

onEachDatabase((name, open) => {
  describe(`text on ${name}`, () => {
    test('is stored once when another session of its commit is deleted before the lost answer is looked for (P5)', async () => {
      await using bench = await setUpWriter(open)
      const { writer, sessionId, hold, database } = bench
      const deleted = SessionId.parse(crypto.randomUUID())
      void writer.chunk(deleted, hold, chunk('x', 0))
      void writer.chunk(sessionId, hold, chunk('one', 0))
      await writer.flush()
      bench.loseAnswer = 'after'
      void writer.chunk(deleted, hold, chunk('y', 1))
      void writer.chunk(sessionId, hold, chunk(' two', 3))
      const flushed = writer.flush()
      await vi.waitUntil(() => bench.loseAnswer === null, { interval: 1 })
      await database.db.deleteFrom('events').where('session_id', '=', deleted).execute()
      await flushed
      expect(await textsOf(bench)).toEqual(['one', ' two'])
    })

    test('is stored once when the database carries it out after it was looked for (P5)', async () => {
      await using bench = await setUpWriter(open)
      const { writer, sessionId, hold } = bench
      void writer.chunk(sessionId, hold, chunk('one', 0))
      await writer.flush()
      bench.loseAnswer = 'late'
      bench.untilLate = untilLooked(bench)
      void writer.chunk(sessionId, hold, chunk(' two', 3))
      await writer.flush()
      void writer.chunk(sessionId, hold, chunk(' three', 7))
      await writer.flush()
      expect(await textsOf(bench)).toEqual(['one', ' two', ' three'])
      expect(joined(bench.committed)).toBe('one two three')
    })

    test('that a command took is stored once when the database carries the command out after it was looked for (P5)', async () => {
      await using bench = await setUpWriter(open)
      const { writer, sessionId, hold } = bench
      void writer.chunk(sessionId, hold, chunk('one', 0))
      await writer.flush()
      const held = await holdText(bench, ' two')
      bench.loseAnswer = 'late'
      bench.untilLate = untilLooked(bench)
      held.letGo()
      await expect(held.done).rejects.toBe(AWAY)
      void writer.chunk(sessionId, hold, chunk(' three', 7))
      await writer.flush()
      expect(await textsOf(bench)).toEqual(['one', ' two', ' three'])
      expect(joined(bench.committed)).toBe('one two three')
    })

    test('is flushed only when an append has committed the text that it took, and what came after that (P8)', async () => {
      await using bench = await setUpWriter(open)
      const { writer, sessionId, hold } = bench
      const held = await holdText(bench, 'taken')
      void writer.chunk(sessionId, hold, chunk(' behind', 5))
      const flushed = writer.flush().then(() => joined(bench.committed))
      const rounds = async () => {
        for (let round = 0; round < 5; round += 1) {
          await new Promise((resolve) => setImmediate(resolve))
        }
        return 'waits'
      }
      expect(await Promise.race([flushed, rounds()])).toBe('waits')
      held.letGo()
      expect(await flushed).toBe('taken behind')
      await held.done
    })

    test('is flushed also when the connection of the append that took it breaks (P8)', async () => {
      await using bench = await setUpWriter(open)
      const held = await holdText(bench, 'taken')
      const flushed = bench.writer.flush()
      bench.loseAnswer = 'before'
      held.letGo()
      await expect(held.done).rejects.toBe(AWAY)
      await flushed
      expect(joined(bench.committed)).toBe('taken')
    })
  })
})
