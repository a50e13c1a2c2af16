import { sql } from 'kysely'
import { describe, expect, test } from 'vitest'
import { claimOrphan, findOrphans } from '../../db/queries/runs/run-owners.ts'
import type { TestApp } from '../testing/app.ts'
import { startConversation } from '../testing/conversation.ts'
import { onEachStorage } from '../testing/each-storage.ts'
import { textOf } from '../testing/watch.ts'

/** The runs that dead nodes leave, on either database. */
onEachStorage((database, openStorage) => {
  describe(`what a dead node leaves, on ${database}`, () => {
    test('is taken up again, but not for ever: a run that six attempts did not end is interrupted (P6, P13)', async () => {
      await using talk = await startConversation(openStorage)
      const { app, sessionId, live } = talk
      await app.caller.messages.send({ sessionId, text: 'Hello' })
      const first = await app.model.nextCall()
      first.say('One')
      await live.untilEvent('chunk')
      await orphan(app, 5)
      const sixth = await app.model.nextCall()
      sixth.say('Two')
      const started = () =>
        live.events.flatMap(({ event }) => (event.type === 'start' ? [event.attempt] : []))
      await live.until(() => started().includes(6))
      await orphan(app, 6)
      expect(await live.untilEvent('end')).toMatchObject({ outcome: 'interrupted', error: null })
      expect(started()).toEqual([1, 6, 7])
      expect(app.model.asked).toBe(2)
      expect(await app.caller.sessions.get({ id: sessionId })).toMatchObject({ running: false })
    })

    test('keeps what was shown of an answer that was to be stopped (P5, P9)', async () => {
      await using talk = await startConversation(openStorage)
      const { app, sessionId, live } = talk
      await app.caller.messages.send({ sessionId, text: 'Hello' })
      const call = await app.model.nextCall()
      call.say('Shown')
      await live.untilEvent('chunk')
      await sql`update runs set stop_requested_at = now() where status = 'running'`.execute(
        app.services.database.db,
      )
      await orphan(app, 1)
      expect(await live.untilEvent('end')).toMatchObject({ outcome: 'stopped' })
      expect(textOf(live.state, live.state?.messages.at(-1)?.id ?? '')).toBe('Shown')
      const { messages } = await app.caller.messages.list({ sessionId })
      expect(messages.at(-1)?.parts).toEqual([{ type: 'text', text: 'Shown' }])
    })

    test('is let go of by its attempt: a later one of this very node goes on (P8)', async () => {
      await using talk = await startConversation(openStorage)
      const { app, sessionId, live } = talk
      const { runId } = await app.caller.messages.send({ sessionId, text: 'Hello' })
      await app.model.nextCall()
      await orphan(app, 1)
      const second = await app.model.nextCall()
      app.services.runs.lose(runId, 1)
      expect(second.signal.aborted).toBe(false)
      second.say('Still here')
      second.finish()
      expect(await live.untilEvent('end')).toMatchObject({ outcome: 'completed' })
      expect(app.model.asked).toBe(2)
    })

    test('is never a run of a living node, also one that this node gave up and another took (P6, P7)', async () => {
      await using talk = await startConversation(openStorage)
      const { app, sessionId } = talk
      const { db } = app.services.database
      const { runId } = await app.caller.messages.send({ sessionId, text: 'Hello' })
      await app.model.nextCall()
      const { id: owner } = app.services.node
      const other = crypto.randomUUID()
      expect(await findOrphans(db, other, [runId], 10)).toEqual([])
      expect(await claimOrphan(db, runId, other, [runId])).toBeNull()
      const [own] = await findOrphans(db, owner, [runId], 10)
      expect(own?.id).toBe(runId)
    })
  })
})

/** Makes the active run an orphan with this many attempts. */
async function orphan({ services }: TestApp, attempts: number): Promise<void> {
  await sql`update runs set owner = gen_random_uuid(), attempt = ${attempts}
    where status = 'running'`.execute(services.database.db)
}
