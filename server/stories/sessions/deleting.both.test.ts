import { sql } from 'kysely'
import { describe, expect, test, vi } from 'vitest'
import { insertEvents } from '../../../db/queries/log/events.ts'
import { deleteSession } from '../../../db/queries/sessions/sessions.ts'
import { startConversation } from '../../testing/conversation.ts'
import { textOf } from '../../testing/clients/watch.ts'
import { onEachStorage } from '../../testing/each-storage.ts'

/** Deleting a session in the middle of an answer, on either database. */
onEachStorage((database, openStorage) => {
  describe(`a session that is deleted, on ${database}`, () => {
    test('goes on as if nothing had happened when the database refuses (P13)', async () => {
      await using talk = await startConversation(openStorage)
      const { app, sessionId, live } = talk
      const { db } = app.services.database
      const { messageId } = await app.caller.messages.send({ sessionId, text: 'Hello' })
      const call = await app.model.nextCall()
      call.say('Before')
      await live.untilEvent('chunk')
      await sql`create function refuse() returns trigger language plpgsql as $$
        begin raise exception 'not today'; end $$`.execute(db)
      await sql`create trigger refuse before delete on sessions for each row execute function refuse()`.execute(
        db,
      )
      await expect(app.caller.sessions.delete({ id: sessionId })).rejects.toThrow()
      call.say(' and after')
      call.finish()
      await live.untilEvent('end')
      const answer = live.state?.messages.find(({ id }) => id !== messageId)
      expect(textOf(live.state, answer?.id ?? '')).toBe('Before and after')
      expect(answer?.status).toBe('completed')
      expect(await app.caller.sessions.get({ id: sessionId })).toMatchObject({ running: false })
      await sql`drop trigger refuse on sessions`.execute(db)
    })

    test('leaves nothing of the answer that was being written', async () => {
      await using talk = await startConversation(openStorage)
      const { app, sessionId, live } = talk
      const { db } = app.services.database
      await app.caller.messages.send({ sessionId, text: 'Hello' })
      const call = await app.model.nextCall()
      call.say('some text')
      await live.untilEvent('chunk')
      call.say(' that waits to be stored')
      await app.caller.sessions.delete({ id: sessionId })
      call.say(' that comes too late')
      await new Promise<void>((resolve) => {
        if (call.signal.aborted) {
          resolve()
        }
        call.signal.addEventListener('abort', () => resolve())
      })
      // Events that were committed just after the deletion are removed when the run ends.
      await expect
        .poll(async () => {
          const { rows } =
            await sql`select seq from events where session_id = ${sessionId}`.execute(db)
          return rows
        })
        .toEqual([])
      await expect(app.caller.sessions.delete({ id: sessionId })).rejects.toMatchObject({
        code: 'NOT_FOUND',
      })
    })

    test('on another node leaves nothing here either, also when the database is away just then', async () => {
      await using talk = await startConversation(openStorage)
      const { app, sessionId, live } = talk
      const { log, runs, database: opened } = app.services
      const { runId } = await app.caller.messages.send({ sessionId, text: 'Hello' })
      const call = await app.model.nextCall()
      call.say('some text')
      await live.untilEvent('chunk')
      const seq = (live.events.at(-1)?.seq ?? 0) + 10
      await deleteSession(opened.db, sessionId)
      // Written before this node hears of it.
      const late = { sessionId, seq, runId, type: 'chunk', data: '{}' }
      await insertEvents(opened.db, [late])
      const append = vi.spyOn(log, 'append').mockRejectedValue(new Error('away'))
      runs.abandon({ id: runId, sessionId })
      await vi.waitFor(() => expect(append).toHaveBeenCalled())
      append.mockRestore()
      await expect
        .poll(async () => {
          const { rows } =
            await sql`select seq from events where session_id = ${sessionId}`.execute(opened.db)
          return rows
        })
        .toEqual([])
    })
  })
})
