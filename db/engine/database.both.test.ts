import { sql } from 'kysely'
import { describe, expect, test } from 'vitest'
import { SessionId, UserId } from '../../shared/contract/ids.ts'
import { countEqual, insertEvents, isSeqTaken, readHeads } from '../queries/log/events.ts'
import { migrate } from './migrate.ts'
import { listSessions } from '../queries/sessions/session-list.ts'
import { insertSession } from '../queries/sessions/sessions.ts'
import { ensureUser } from '../queries/users.ts'
import { onEachDatabase } from '../../scripts/testing/postgres/each-database.ts'

/** The behaviour that both databases must share. */
onEachDatabase((name, open) => {
  const setUp = async () => {
    const database = await open()
    await migrate(database.db)
    return { ...database, [Symbol.asyncDispose]: database.close }
  }
  const sessionId = () => SessionId.parse(crypto.randomUUID())

  describe(`the database, as ${name}`, () => {
    test('gives numbers, times in UTC and JSON the same way', async () => {
      await using database = await setUp()
      const { rows } = await sql`
        select 9007199254740991::bigint as big, 1.5::numeric as decimal, count(*) as count,
          timestamptz '2026-01-02 03:04:05.678+05' as moment, '{"a":[1,"\\u0000"]}'::json as data,
          true as yes, null as nothing, ${['a', null]}::text[] as texts
        from generate_series(1, 3)`.execute(database.db)
      expect(rows).toEqual([
        {
          big: Number.MAX_SAFE_INTEGER,
          decimal: 1.5,
          count: 3,
          moment: '2026-01-01T22:04:05.678Z',
          data: { a: [1, '\u0000'] },
          yes: true,
          nothing: null,
          texts: ['a', null],
        },
      ])
    })

    test('may be migrated again, and by several nodes at once', async () => {
      await using database = await setUp()
      await Promise.all([migrate(database.db), migrate(database.db)])
      expect(await readHeads(database.db, [])).toEqual(new Map())
    })

    test('takes a batch of events whole or not at all, and says when a place is taken (P1)', async () => {
      await using database = await setUp()
      const [a, b, none] = [sessionId(), sessionId(), sessionId()]
      const row = (id: SessionId, seq: number, data = '{}') => ({
        sessionId: id,
        seq,
        runId: null,
        type: 'session',
        data,
      })
      await database.insertChunks([row(b, 2), row(a, 1), row(b, 1)])
      const refused = await database
        .insertChunks([row(a, 2), row(b, 2)])
        .catch((error: unknown) => error)
      expect(isSeqTaken(refused)).toBe(true)
      expect(await readHeads(database.db, [a, b, none])).toEqual(
        new Map([
          [a, 1],
          [b, 2],
          [none, 0],
        ]),
      )
      expect(
        await countEqual(database.db, [row(a, 1), row(b, 2), row(a, 2), row(b, 1, '{"other":1}')]),
      ).toBe(2)
      await expect(
        database.db
          .transaction()
          .execute((transaction) => insertEvents(transaction, [row(a, 2), row(a, 2)])),
      ).rejects.toSatisfy(isSeqTaken)
    })

    test('keeps each person’s sessions to that person (P10)', async () => {
      await using database = await setUp()
      const people = await Promise.all(
        ['Ada', 'Bob'].map((person) =>
          ensureUser(database.db, {
            id: UserId.parse(crypto.randomUUID()),
            name: person,
            email: null,
            role: 'member',
            account_status: 'active',
            subscription_tier: 'free',
          }),
        ),
      )
      const now = new Date().toISOString()
      for (const { id, name: title } of people) {
        await insertSession(database.db, {
          id: sessionId(),
          userId: id,
          title,
          model: null,
          systemPrompt: null,
          now,
        })
      }
      for (const { id, name: title } of people) {
        const list = await listSessions(database.db, { userId: id, limit: 10, archived: false })
        expect(list.map((session) => session.title)).toEqual([title])
      }
    })
  })
})
