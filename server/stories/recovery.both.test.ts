import { sql } from 'kysely'
import { describe, expect, test } from 'vitest'
import type { TestApp } from '../testing/app.ts'
import { startConversation } from '../testing/conversation.ts'
import { onEachStorage } from '../testing/each-storage.ts'

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
  })
})

/** Makes the active run an orphan with this many attempts. */
async function orphan({ services }: TestApp, attempts: number): Promise<void> {
  await sql`update runs set owner = gen_random_uuid(), attempt = ${attempts}
    where status = 'running'`.execute(services.database.db)
}
