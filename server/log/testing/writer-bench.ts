import type { Database, Db } from '../../../db/engine/database.ts'
import { migrate } from '../../../db/engine/migrate.ts'
import { readEvents } from '../../../db/queries/log/events.ts'
import type { EventRow } from '../../../db/queries/log/events.ts'
import type { ChunkEvent } from '../../../shared/contract/events.ts'
import { MessageId, RunId, SessionId } from '../../../shared/contract/ids.ts'
import { Hub } from '../reading/hub.ts'
import type { CommittedEvent } from '../events.ts'
import type { RunHold } from '../writing/pending.ts'
import { LogWriter } from '../writing/writer.ts'

export const MESSAGE = MessageId.parse('00000000-0000-7000-8000-00000000000a')
export const AWAY = Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' })
export const CALL = {
  id: '00000000-0000-7000-8000-00000000000b' as never,
  name: 'double',
  source: 'builtin',
  effect: 'read',
  status: 'running',
  input: {},
} as const

export function chunk(text: string, offset: number): ChunkEvent {
  return { type: 'chunk', messageId: MESSAGE, part: 0, kind: 'text', offset, text }
}

export function joined(events: readonly CommittedEvent[]): string {
  return events.map(({ event }) => (event.type === 'chunk' ? event.text : '')).join('')
}

/** A session with a running run, and a writer whose hub the test subscribes to. */
export async function setUpWriter(open: () => Promise<Database>) {
  const database = await open()
  await migrate(database.db)
  const committed: CommittedEvent[] = []
  const fenced: RunId[] = []
  let late: Promise<unknown> = Promise.resolve()
  const breakBefore = () => {
    if (bench.loseAnswer === 'before') {
      bench.loseAnswer = null
      throw AWAY
    }
  }
  const breakLate = (rows: readonly EventRow[]) => {
    if (bench.loseAnswer === 'late') {
      bench.loseAnswer = null
      late = bench.untilLate().then(() => database.insertChunks(rows, null))
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
    /** While true, the database refuses text as if it could not be reached. */
    away: false,
    /**
     * The connection breaks at the next commit: before the commit arrives, or before its answer comes back. With `late`
     * the database carries the events out only then, after `untilLate`.
     */
    loseAnswer: null as 'before' | 'after' | 'late' | null,
    untilLate: async (): Promise<unknown> => undefined,
    committed,
    fenced,
    sessionId: SessionId.parse(crypto.randomUUID()),
    hold: await insertRunningRun(database),
    onCommitted: (_events: readonly CommittedEvent[]) => {},
    writer: new LogWriter({
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
                    const stored = await readEvents(transaction, bench.sessionId, 0, 100)
                    const value = await work(transaction)
                    breakBefore()
                    if (bench.loseAnswer === 'late') {
                      const all = await readEvents(transaction, bench.sessionId, 0, 100)
                      breakLate(
                        all
                          .slice(stored.length)
                          .map((row) => ({ ...row, sessionId: bench.sessionId })),
                      )
                    }
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
          breakLate(rows)
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
      onFenced: ({ runId }) => fenced.push(runId),
    }),
    [Symbol.asyncDispose]: async () => {
      await late.catch(() => undefined)
      await database.close()
    },
  }
  return bench
}

/** Inserts the rows that a send leaves. The log of another session is written in the name of this run. */
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
