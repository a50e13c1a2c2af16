import { expect, test } from 'vitest'
import { analyze, explain, fillSession, repeatedScans } from '../../../db/queries/testing.ts'
import { startTestApp } from '../../testing/app.ts'
import { newPostgresStorage } from '../../testing/postgres-storage.ts'
import { recordStatements } from '../../testing/statements.ts'
import { watch } from '../../testing/clients/watch.ts'

/** Tables that grow with every conversation. */
const GROWING = /Seq Scan on (messages|events|runs|sessions|steps|tool_calls)\b/
/** A scan of all runs that a session ever had. */
const ALL_RUNS = /Scan using runs_of_session/

test(
  'nothing reads a table from end to end in a session of 10,000 messages, nor for each row in a young database',
  { timeout: 120_000 },
  async () => {
    // Statements are recorded from the first connection on.
    using recorded = recordStatements()
    await using storage = await newPostgresStorage()
    await using app = await startTestApp(storage)
    const { db } = app.services.database
    const { id: userId } = await app.caller.me()
    const { id } = await app.caller.sessions.create({ title: 'Long' })
    await fillSession(db, { id, userId }, 5_000)
    for (let number = 0; number < 50; number += 1) {
      const other = await app.caller.sessions.create({ title: `Short ${number}` })
      await fillSession(db, { id: other.id, userId }, 20)
    }
    await analyze(db)

    recorded.seen.length = 0
    await using live = watch(app.caller, id)
    await live.untilEvent('snapshot')
    await app.caller.messages.send({ sessionId: id, text: 'And then?' })
    const call = await app.model.nextCall()
    call.say('Then this.')
    call.callTools({ name: 'get_current_time', arguments: {} })
    const next = await app.model.nextCall()
    next.say('The end.')
    next.finish()
    const { messageId } = await live.untilEvent('end')
    const state = live.state
    await using again = watch(app.caller, id, state)
    await app.caller.messages.send({ sessionId: id, text: 'And now?', id: crypto.randomUUID() })
    const last = await app.model.nextCall()
    last.finish()
    await again.untilEvent('end')
    await app.caller.messages.list({ sessionId: id, before: messageId })
    await app.caller.messages.regenerate({ id: messageId })
    const anew = await app.model.nextCall()
    anew.say('Another end.')
    anew.finish()
    await app.caller.sessions.get({ id })
    await app.caller.sessions.list({ limit: 20 })
    await app.caller.sessions.log({ id, after: 19_000 })
    await expect
      .poll(() => recorded.seen.filter((text) => /compact_answers/.test(text)).length)
      .toBeGreaterThanOrEqual(3)

    const statements = new Set(
      recorded.seen.filter((text) => /^(select|insert|update|delete|with)\b/i.test(text)),
    )
    const bad: string[] = []
    let explained = 0
    for (const statement of statements) {
      if (!/\bjobs\./.test(statement) && !/pg_notify|^select 1$/.test(statement)) {
        const plan = await explain(db, statement)
        explained += 1
        if (plan.some((line) => GROWING.test(line) || ALL_RUNS.test(line))) {
          bad.push(`${statement}\n${plan.join('\n')}`)
        }
      }
    }
    expect(bad).toEqual([])
    await using storageOfYoung = await newPostgresStorage()
    await using young = await startTestApp(storageOfYoung)
    for (const statement of statements) {
      if (!/\bjobs\./.test(statement) && !/pg_notify|^select 1$/.test(statement)) {
        const tables = await repeatedScans(young.services.database.db, statement)
        const growing = tables.filter((name) => GROWING.test(`Seq Scan on ${name}`))
        expect(growing, statement).toEqual([])
      }
    }
    expect(explained).toBeGreaterThan(20)
  },
)
