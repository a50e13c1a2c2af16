import { describe, expect, test } from 'vitest'
import { insertEvents, readEvents } from '../../../db/queries/log/events.ts'
import { SessionId } from '../../../shared/contract/ids.ts'
import type { Message } from '../../../shared/contract/message.ts'
import type { AppendedEvent } from '../events.ts'
import type { RunHold } from './pending.ts'
import { AWAY, CALL, MESSAGE, chunk, joined, setUpWriter } from '../testing/writer-bench.ts'
import { onEachDatabase } from '../../../scripts/testing/postgres/each-database.ts'

onEachDatabase((name, open) => {
  describe(`the writer, on ${name}`, () => {
    test('shows nothing before it is stored, and everything in the order of the log (P1, P5)', async () => {
      await using bench = await setUpWriter(open)
      const { writer, sessionId } = bench
      const unstored: number[] = []
      const checks: Promise<void>[] = []
      bench.onCommitted = (events) => {
        checks.push(
          readEvents(bench.database.db, sessionId, 0, 1_000).then((rows) => {
            const stored = new Set(rows.map(({ seq }) => seq))
            unstored.push(...events.flatMap(({ seq }) => (stored.has(seq) ? [] : [seq])))
          }),
        )
      }
      const text = Array.from({ length: 200 }, (_, index) => `${index} `)
      let offset = 0
      for (const word of text) {
        await writer.chunk(sessionId, bench.hold, chunk(word, offset))
        offset += word.length
        await new Promise((resolve) => setImmediate(resolve))
      }
      await writer.flush()
      await Promise.all(checks)
      expect(unstored).toEqual([])
      expect(bench.committed.map(({ seq }) => seq)).toEqual(
        bench.committed.map((_, index) => index + 1),
      )
      expect(joined(bench.committed)).toBe(text.join(''))
    })

    test('commits the first words at once, and merges what comes while it commits', async () => {
      await using bench = await setUpWriter(open)
      await bench.writer.chunk(bench.sessionId, bench.hold, chunk('a', 0), true)
      for (let index = 1; index < 100; index += 1) {
        void bench.writer.chunk(bench.sessionId, bench.hold, chunk('b', index))
      }
      await bench.writer.flush()
      expect(bench.committed.map(({ event }) => event.type === 'chunk' && event.text)).toEqual([
        'a',
        'b'.repeat(99),
      ])
    })

    test('puts what an append adds behind the text that waits, all or nothing', async () => {
      await using bench = await setUpWriter(open)
      const { writer, sessionId } = bench
      void writer.chunk(sessionId, bench.hold, chunk('before', 0))
      await writer.append(sessionId, async (_transaction, log) => {
        expect(log.nextSeq).toBe(2)
        log.add({ type: 'tool', messageId: MESSAGE, part: 1, call: CALL }, bench.hold.runId)
      })
      await expect(
        writer.append(sessionId, async (_transaction, log) => {
          log.add({ type: 'tool', messageId: MESSAGE, part: 1, call: CALL }, bench.hold.runId)
          throw new Error('no')
        }),
      ).rejects.toThrow('no')
      void writer.chunk(sessionId, bench.hold, chunk(' after', 6))
      await writer.flush()
      expect(bench.committed.map(({ seq, event }) => [seq, event.type])).toEqual([
        [1, 'chunk'],
        [2, 'tool'],
        [3, 'chunk'],
      ])
    })

    test('finds its place again when another node wrote to the session (P1)', async () => {
      await using bench = await setUpWriter(open)
      const { writer, sessionId, database } = bench
      await writer.chunk(sessionId, bench.hold, chunk('one', 0), true)
      await writer.flush()
      const other = { sessionId, seq: 2, runId: null, type: 'session', data: '{"type":"session"}' }
      await insertEvents(database.db, [other])
      await writer.chunk(sessionId, bench.hold, chunk(' two', 3), true)
      await writer.flush()
      const rows = await readEvents(database.db, sessionId, 0, 10)
      expect(rows.map(({ seq, type }) => [seq, type])).toEqual([
        [1, 'chunk'],
        [2, 'session'],
        [3, 'chunk'],
      ])
    })

    test('gives an append up whose place is taken at every try, and lets all else go on meanwhile', async () => {
      await using bench = await setUpWriter(open)
      const { writer, sessionId } = bench
      let turns = 0
      const meanwhile = setInterval(() => (turns += 1), 1)
      const append = writer.append(sessionId, async (transaction, log) => {
        const other = { sessionId, seq: log.nextSeq, runId: null, type: 'session', data: '{}' }
        await insertEvents(transaction, [other])
        log.add({ type: 'tool', messageId: MESSAGE, part: 1, call: CALL }, bench.hold.runId)
      })
      await expect(append).rejects.toThrow('taken at every try')
      clearInterval(meanwhile)
      expect(turns).toBeGreaterThan(0)
      await writer.append(sessionId, async (_transaction, log) => {
        log.add({ type: 'tool', messageId: MESSAGE, part: 1, call: CALL }, bench.hold.runId)
      })
      expect(bench.committed.map(({ seq }) => seq)).toEqual([1])
    })

    test('throws away the text of a run that another attempt has taken over (P8)', async () => {
      await using bench = await setUpWriter(open)
      const { writer, sessionId, database } = bench
      await writer.chunk(sessionId, bench.hold, chunk('mine', 0), true)
      await writer.flush()
      const takeover = {
        sessionId,
        seq: 2,
        runId: bench.hold.runId,
        type: 'start',
        data: '{"type":"start"}',
      }
      await database.db.transaction().execute(async (transaction) => {
        await transaction
          .updateTable('runs')
          .set({ attempt: 2 })
          .where('id', '=', bench.hold.runId)
          .execute()
        await insertEvents(transaction, [takeover])
      })
      await writer.chunk(sessionId, bench.hold, chunk(' of a zombie', 4), true)
      await writer.flush()
      expect(bench.fenced).toEqual([bench.hold.runId])
      expect((await readEvents(database.db, sessionId, 0, 10)).map(({ type }) => type)).toEqual([
        'chunk',
        'start',
      ])
      expect(joined(bench.committed)).toBe('mine')
    })

    test('keeps what a later attempt of this very node says when it throws an earlier one’s away (P8)', async () => {
      await using bench = await setUpWriter(open)
      const { writer, sessionId, database } = bench
      const later = { ...bench.hold, attempt: 2 }
      await writer.chunk(sessionId, bench.hold, chunk('mine', 0), true)
      await writer.flush()
      await database.db
        .updateTable('runs')
        .set({ attempt: 2 })
        .where('id', '=', bench.hold.runId)
        .execute()
      const takeover = { sessionId, seq: 2, runId: null, type: 'start', data: '{"type":"start"}' }
      await insertEvents(database.db, [takeover])
      void writer.chunk(sessionId, bench.hold, chunk(' of a zombie', 4))
      void writer.chunk(sessionId, later, chunk(' again', 4))
      await writer.flush()
      void writer.chunk(sessionId, later, chunk(' and on', 10))
      writer.discard(sessionId, later.runId, 1)
      await writer.flush()
      expect(joined(bench.committed)).toBe('mine again and on')
    })

    test('throws the text of an attempt away once this very node began another, or ended the run (P6, P8)', async () => {
      await using bench = await setUpWriter(open)
      const { writer, sessionId } = bench
      const { runId } = bench.hold
      await writer.chunk(sessionId, bench.hold, chunk('mine', 0), true)
      await writer.flush()
      const change = (
        hold: RunHold,
        set: { attempt: number } | { status: 'completed' },
        event: AppendedEvent,
      ) =>
        writer.append(sessionId, async (transaction, log) => {
          await transaction.updateTable('runs').set(set).where('id', '=', runId).execute()
          log.add(event, runId)
          void writer.chunk(sessionId, hold, chunk(' of a zombie', 4), true)
        })
      const message = { id: MESSAGE } as Message
      const place = { runId, messageId: MESSAGE }
      await change(
        bench.hold,
        { attempt: 2 },
        { type: 'start', ...place, attempt: 2, keepParts: 0, message },
      )
      await writer.flush()
      expect(bench.fenced).toEqual([runId])
      const again = { runId, attempt: 2 }
      await writer.chunk(sessionId, again, chunk('mine again', 0), true)
      await writer.flush()
      const end = { outcome: 'completed', usage: null, error: null, finish: 'stop' } as const
      await change(again, { status: 'completed' }, { type: 'end', ...place, ...end })
      await writer.flush()
      expect(bench.fenced).toEqual([runId, runId])
      expect(joined(bench.committed)).toBe('minemine again')
    })

    test('throws it away as well when it had to ask for its place anew, as after an error (P8)', async () => {
      await using bench = await setUpWriter(open)
      const { writer, sessionId, database } = bench
      await writer.chunk(sessionId, bench.hold, chunk('mine', 0), true)
      await writer.flush()
      const takeover = { sessionId, seq: 2, runId: null, type: 'start', data: '{"type":"start"}' }
      await database.db
        .updateTable('runs')
        .set({ attempt: 2 })
        .where('id', '=', bench.hold.runId)
        .execute()
      await insertEvents(database.db, [takeover])
      void writer.chunk(sessionId, bench.hold, chunk(' of a zombie', 4))
      const refused = writer.append(sessionId, async () => {
        throw new Error('it may not write')
      })
      await expect(refused).rejects.toThrow('it may not write')
      await writer.flush()
      await writer.append(sessionId, async (_transaction, log) => {
        log.add({ type: 'tool', messageId: MESSAGE, part: 1, call: CALL })
      })
      expect(bench.fenced).toEqual([bench.hold.runId])
      const rows = await readEvents(database.db, sessionId, 0, 10)
      expect(rows.map(({ type }) => type)).toEqual(['chunk', 'start', 'tool'])
    })

    test('lets a run go on that waited for room which an append made', async () => {
      await using bench = await setUpWriter(open)
      const { writer, sessionId } = bench
      const begun = Promise.withResolvers<void>()
      const held = Promise.withResolvers<void>()
      const append = writer.append(sessionId, async (_transaction, log) => {
        begun.resolve()
        await held.promise
        log.add({ type: 'tool', messageId: MESSAGE, part: 1, call: CALL })
      })
      await begun.promise
      const much = 'x'.repeat(300_000)
      const waiting = writer.chunk(sessionId, bench.hold, chunk(much, 0))
      const second = writer.append(sessionId, async () => undefined)
      held.resolve()
      await Promise.all([append, second, waiting])
      expect(joined(bench.committed)).toBe(much)
    })

    test('refuses an append while it cannot write, instead of keeping it waiting, and keeps the text', async () => {
      await using bench = await setUpWriter(open)
      const { writer, sessionId } = bench
      await writer.chunk(sessionId, bench.hold, chunk('one', 0), true)
      await writer.flush()
      bench.away = true
      void writer.chunk(sessionId, bench.hold, chunk(' two', 3), true)
      const refused = writer.append(sessionId, async () => undefined)
      await expect(refused).rejects.toMatchObject({ code: 'ECONNREFUSED' })
      bench.away = false
      await writer.flush()
      expect(joined(bench.committed)).toBe('one two')
    })

    for (const arrived of [true, false]) {
      test(`asks whether a commit ${arrived ? 'arrived' : 'failed'} whose answer was lost, and has each word once (P5)`, async () => {
        await using bench = await setUpWriter(open)
        const { writer, sessionId, database } = bench
        await writer.chunk(sessionId, bench.hold, chunk('one', 0), true)
        await writer.flush()
        bench.loseAnswer = arrived ? 'after' : 'before'
        void writer.chunk(sessionId, bench.hold, chunk(' two', 3), true)
        await writer.flush()
        bench.loseAnswer = arrived ? 'after' : 'before'
        let tries = 0
        const append = () =>
          writer.append(sessionId, async (_transaction, log) => {
            tries += 1
            log.add({ type: 'tool', messageId: MESSAGE, part: 1, call: CALL }, bench.hold.runId)
          })
        // The caller repeats a write that failed before its commit. An error that the database answered with is final.
        const outcome = await append().catch((error: unknown) => error)
        expect(outcome).toBe(arrived ? undefined : AWAY)
        expect(tries).toBe(1)
        void writer.chunk(sessionId, bench.hold, chunk(' three', 7), true)
        await writer.flush()
        const rows = await readEvents(database.db, sessionId, 0, 10)
        const expected = arrived ? ['chunk', 'chunk', 'tool', 'chunk'] : ['chunk', 'chunk', 'chunk']
        expect(rows.map(({ seq, type }) => [seq, type])).toEqual(
          expected.map((type, index) => [index + 1, type]),
        )
        expect(bench.committed.map(({ seq }) => seq)).toEqual(rows.map(({ seq }) => seq))
        expect(joined(bench.committed)).toBe('one two three')
      })
    }

    test('lets sessions that write at once each have a log without a gap (P1)', async () => {
      await using bench = await setUpWriter(open)
      const ids = Array.from({ length: 20 }, () => SessionId.parse(crypto.randomUUID()))
      await Promise.all(
        ids.map(async (id) => {
          for (let index = 0; index < 30; index += 1) {
            await bench.writer.chunk(id, bench.hold, chunk('x', index), index === 0)
            if (index % 10 === 9) {
              await bench.writer.append(id, async (_transaction, log) => {
                log.add({ type: 'tool', messageId: MESSAGE, part: 1, call: CALL })
              })
            }
          }
        }),
      )
      await bench.writer.flush()
      for (const id of ids) {
        const rows = await readEvents(bench.database.db, id, 0, 100)
        expect(rows.map(({ seq }) => seq)).toEqual(rows.map((_, index) => index + 1))
        expect(rows.filter(({ type }) => type === 'tool')).toHaveLength(3)
        expect(
          rows
            .map(({ data }) => JSON.parse(data))
            .flatMap(({ text }) => text ?? [])
            .join(''),
        ).toBe('x'.repeat(30))
      }
    })
  })
})
