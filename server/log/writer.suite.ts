import { describe, expect, test } from 'vitest'
import type { Database, Db } from '../../db/database.ts'
import { connect } from '../../db/connect.ts'
import { insertEvents, readEvents } from '../../db/events.ts'
import { migrate } from '../../db/migrate.ts'
import type { ChunkEvent } from '../../shared/contract/events.ts'
import { MessageId, RunId, SessionId } from '../../shared/contract/ids.ts'
import { type CommittedEvent, Hub } from './hub.ts'
import type { RunHold } from './port.ts'
import { GroupCommitWriter } from './writer.ts'

type Open = () => Promise<AsyncDisposable & { options: Parameters<typeof connect>[0] }>

/** The one way into the logs, on either database. */
export function writerSuite(name: string, open: Open): void {
  describe(`the writer, on ${name}`, () => {
    test('shows nothing before it is stored, and everything in the order of the log (P1, P5)', async () => {
      await using storage = await open()
      await using bench = await setUp(storage.options)
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
      await using storage = await open()
      await using bench = await setUp(storage.options)
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
      await using storage = await open()
      await using bench = await setUp(storage.options)
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
      await using storage = await open()
      await using bench = await setUp(storage.options)
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
      await using storage = await open()
      await using bench = await setUp(storage.options)
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
      await using storage = await open()
      await using bench = await setUp(storage.options)
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

    test('throws it away as well when it had to ask for its place anew, as after an error (P8)', async () => {
      await using storage = await open()
      await using bench = await setUp(storage.options)
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
      await using storage = await open()
      await using bench = await setUp(storage.options)
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
      await using storage = await open()
      await using bench = await setUp(storage.options)
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
        await using storage = await open()
        await using bench = await setUp(storage.options)
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
        // What failed before its commit is the caller's to repeat; what arrived is an answer like any other.
        await (arrived ? append() : expect(append()).rejects.toBe(AWAY))
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
      await using storage = await open()
      await using bench = await setUp(storage.options)
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
}

const MESSAGE = MessageId.parse('00000000-0000-7000-8000-00000000000a')
const AWAY = Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' })
const CALL = {
  id: '00000000-0000-7000-8000-00000000000b' as never,
  name: 'double',
  source: 'builtin',
  effect: 'read',
  status: 'running',
  input: {},
} as const

function chunk(text: string, offset: number): ChunkEvent {
  return { type: 'chunk', messageId: MESSAGE, part: 0, kind: 'text', offset, text }
}

function joined(events: readonly CommittedEvent[]): string {
  return events.map(({ event }) => (event.type === 'chunk' ? event.text : '')).join('')
}

/** A session with a running run, and a writer that its hub is listened to. */
async function setUp(options: Parameters<typeof connect>[0]) {
  const database = await connect(options)
  await migrate(database.db)
  const committed: CommittedEvent[] = []
  const fenced: RunId[] = []
  const breakBefore = () => {
    if (bench.loseAnswer === 'before') {
      bench.loseAnswer = null
      throw AWAY
    }
  }
  const breaking = async <T>(commit: () => Promise<T>) => {
    const value = await commit()
    if (bench.loseAnswer === 'after') {
      bench.loseAnswer = null
      throw AWAY
    }
    return value
  }
  const bench = {
    database,
    /** Whether the database cannot be reached for text. */
    away: false,
    /** The connection breaks at the next commit: before it arrives, or before its answer comes back. */
    loseAnswer: null as 'before' | 'after' | null,
    committed,
    fenced,
    sessionId: SessionId.parse(crypto.randomUUID()),
    hold: await insertRunningRun(database),
    onCommitted: (_events: readonly CommittedEvent[]) => {},
    writer: new GroupCommitWriter({
      database: {
        ...database,
        db: new Proxy(database.db, {
          get: (db, name) => {
            if (name !== 'transaction') {
              const value: unknown = Reflect.get(db, name, db)
              return typeof value === 'function' ? value.bind(db) : value
            }
            return () => ({
              execute: (work: (transaction: Db) => Promise<unknown>) =>
                breaking(() =>
                  db.transaction().execute(async (transaction) => {
                    const value = await work(transaction)
                    breakBefore()
                    return value
                  }),
                ),
            })
          },
        }),
        insertChunks: async (rows, payload) => {
          if (bench.away) {
            throw AWAY
          }
          breakBefore()
          await breaking(() => database.insertChunks(rows, payload))
        },
      },
      hub: new Hub((sessionId, events) => {
        if (sessionId === bench.sessionId) {
          committed.push(...events)
        }
        bench.onCommitted(events)
      }),
      paceMs: 5,
      onTrouble: (error) => {
        if (error !== AWAY) {
          throw error
        }
      },
      onFenced: (runId) => fenced.push(runId),
    }),
    [Symbol.asyncDispose]: () => database.close(),
  }
  return bench
}

/** Rows as a send leaves them; the log of another session is written to in its name. */
async function insertRunningRun({ db }: Database): Promise<RunHold> {
  const now = new Date().toISOString()
  const [user, session, question, answer, runId] = Array.from({ length: 5 }, () =>
    crypto.randomUUID(),
  )
  const rows = { user: user as never, session: session as never, question: question as never }
  await db
    .insertInto('users')
    .values({
      id: rows.user,
      name: 'Ada',
      role: 'member',
      account_status: 'active',
      subscription_tier: 'free',
    })
    .execute()
  await db
    .insertInto('sessions')
    .values({ id: rows.session, user_id: rows.user, created_at: now, updated_at: now })
    .execute()
  await db
    .insertInto('messages')
    .values({
      id: rows.question,
      session_id: rows.session,
      user_id: rows.user,
      role: 'user',
      parts: '[]',
      parts_seq: 0,
      text: '',
      status: 'completed',
      created_at: now,
    })
    .execute()
  await db
    .insertInto('runs')
    .values({
      id: RunId.parse(runId),
      session_id: rows.session,
      user_id: rows.user,
      question_id: rows.question,
      message_id: MessageId.parse(answer),
      status: 'running',
      attempt: 1,
      model: 'scripted',
      created_at: now,
    })
    .execute()
  return { runId: RunId.parse(runId), attempt: 1 }
}
