import pg from 'pg'
import { describe, expect, test } from 'vitest'
import {
  createEmptyDatabase,
  createTestDatabase,
} from '../../../scripts/testing/postgres/test-database.ts'
import { pgbouncer, startPooler } from '../../../scripts/testing/postgres/pgbouncer.ts'
import { migrate, migrationNames } from '../../../db/engine/migrate.ts'
import { connect } from '../../../db/engine/connect.ts'
import { startTestApp } from '../../testing/app.ts'
import { createScriptedModel } from '../../testing/scripted-model.ts'
import { textOf, watch } from '../../testing/clients/watch.ts'

const program = pgbouncer()
if ('missing' in program) console.log(`Poolers are not tested: ${program.missing}.`)
const path = 'path' in program ? program.path : ''

describe.skipIf(path === '')('behind a real PgBouncer', () => {
  test.each(['session', 'transaction'] as const)(
    'in %s mode several nodes migrate an empty database at once, and leave no lock',
    async (mode) => {
      await using storage = await createEmptyDatabase()
      await using pooler = await startPooler(path, mode, storage.url)
      const nodes = await Promise.all([1, 2, 3].map(() => connect({ databaseUrl: pooler.url })))
      await Promise.all(nodes.map(({ db }) => migrate(db)))
      await Promise.all(nodes.map(({ db }) => migrate(db)))
      await Promise.all(nodes.map(({ close }) => close()))
      const direct = new pg.Client({ connectionString: storage.url })
      await direct.connect()
      const { rows } = await direct.query('select name from kysely_migration order by name')
      expect(rows.map(({ name }) => name)).toEqual(migrationNames)
      const locks = await direct.query(
        `select pid from pg_locks where locktype = 'advisory' and database =
          (select oid from pg_database where datname = current_database())`,
      )
      expect(locks.rows).toEqual([])
      const limits = await direct.query('show statement_timeout')
      expect(limits.rows).toEqual([{ statement_timeout: '0' }])
      await direct.end()
    },
  )

  test.each(['session', 'transaction'] as const)(
    'in %s mode a reader on one node follows what is written on another, and jobs are done (P1, P2)',
    async (mode) => {
      await using storage = await createTestDatabase()
      await using pooler = await startPooler(path, mode, storage.url)
      const env = { DATABASE_URL: pooler.url }
      const model = createScriptedModel()
      await using first = await startTestApp({ env, model })
      await using second = await startTestApp({ env, model })
      await first.untilOthers()
      const { id } = await first.caller.sessions.create({})
      await using there = watch(second.caller, id)
      await there.untilEvent('snapshot')
      // This is often enough for the driver to name its statements, on both nodes.
      for (let turn = 1; turn <= 4; turn += 1) {
        await first.caller.messages.send({ sessionId: id, text: 'Hello' })
        const call = await model.nextCall()
        call.say('one ', 'two ', 'three')
        call.finish()
        await there.until(
          ({ events }) => events.filter(({ event }) => event.type === 'end').length === turn,
        )
      }
      const answers = there.state?.messages.filter(({ role }) => role === 'assistant') ?? []
      expect(answers.map((answer) => textOf(there.state, answer.id))).toEqual(
        Array.from({ length: 4 }, () => 'one two three'),
      )
      const title = await model.nextWriting()
      title.say('Greetings')
      title.finish()
      await there.until(({ state }) => state?.session.title === 'Greetings')
    },
  )
})
