import { TRPCError } from '@trpc/server'
import pg from 'pg'
import { expect, test } from 'vitest'
import { startPostgresProxy } from '../../../e2e/support/faults/postgres-proxy.ts'
import { startTestApp } from '../../testing/app.ts'
import { startConversation } from '../../testing/conversation.ts'
import { newPostgresStorage } from '../../testing/postgres-storage.ts'
import { textOf, watch } from '../../testing/clients/watch.ts'

/** More sessions than there are connections. */
const MANY = 30

test('text of an answer under way is shown while more sends than there are connections wait (P15)', async () => {
  await using busy = await startBusy()
  const { live, call } = busy
  call.say('Still here')
  await expect
    .poll(() => textOf(live.state, live.state?.messages.at(-1)?.id ?? ''))
    .toBe('Still here')
  await busy.release()
  call.finish()
  await live.untilEvent('end')
  expect(await Promise.all(busy.sends)).toHaveLength(MANY)
})

test('a stop reaches the provider while more sends than there are connections wait (P9)', async () => {
  await using busy = await startBusy()
  const { app, sessionId, live, call } = busy
  expect(await app.caller.runs.stop({ sessionId })).toEqual({ stopped: true })
  await expect.poll(() => call.signal.aborted).toBe(true)
  await busy.release()
  expect(await live.untilEvent('end')).toMatchObject({ outcome: 'stopped' })
  expect(await Promise.all(busy.sends)).toHaveLength(MANY)
})

test('over a database that is ten times slower, many sends at once all end: answered, or told to come again (P13)', async () => {
  await using storage = await newPostgresStorage()
  await using proxy = await startPostgresProxy(storage.env.DATABASE_URL ?? '')
  await using app = await startTestApp({ env: { DATABASE_URL: proxy.url } })
  const sessions = await Promise.all(
    Array.from({ length: MANY }, () => app.caller.sessions.create({})),
  )
  app.model.plan(...sessions.map(() => 'One two three four'))
  proxy.slow(5)
  await Promise.all(
    sessions.map(async ({ id }) => {
      await using live = watch(app.caller, id)
      await live.untilEvent('snapshot')
      const sent = await app.caller.messages
        .send({ sessionId: id, text: 'Hello?' })
        .catch((error: unknown) => error)
      if (sent instanceof Error) {
        expect(sent).toBeInstanceOf(TRPCError)
        expect(sent).toMatchObject({ code: 'SERVICE_UNAVAILABLE' })
        return
      }
      const end = await live.untilEvent('end')
      expect(end).toMatchObject({ outcome: 'completed' })
      expect(textOf(live.state, end.messageId)).toBe('One two three four')
    }),
  )
  proxy.slow(0)
})

/** A running answer, and sends into other sessions that wait until `release`. */
async function startBusy() {
  await using opened = new AsyncDisposableStack()
  const storage = opened.use(await newPostgresStorage())
  const talk = opened.use(
    await startConversation(async () => ({
      ...storage,
      [Symbol.asyncDispose]: async () => undefined,
    })),
  )
  const { app, sessionId, live } = talk
  await app.caller.messages.send({ sessionId, text: 'Hello?' })
  const call = await app.model.nextCall()
  const others = await Promise.all(
    Array.from({ length: MANY }, () => app.caller.sessions.create({})),
  )
  const blocker = new pg.Client({ connectionString: storage.env.DATABASE_URL })
  await blocker.connect()
  opened.defer(() => blocker.end())
  await blocker.query('begin; lock table messages in exclusive mode')
  const sends = others.map(({ id }) => app.caller.messages.send({ sessionId: id, text: 'Hi' }))
  await expect
    .poll(async () => {
      const { rows } = await blocker.query(
        "select count(*)::int as waiting from pg_stat_activity where wait_event_type = 'Lock'",
      )
      return rows[0].waiting
    })
    .toBeGreaterThan(5)
  const resources = opened.move()
  return {
    app,
    sessionId,
    live,
    call,
    sends,
    release: () => blocker.query('rollback'),
    [Symbol.asyncDispose]: () => resources.disposeAsync(),
  }
}
