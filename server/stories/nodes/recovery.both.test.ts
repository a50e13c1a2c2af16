import { setTimeout as delay } from 'node:timers/promises'
import { sql } from 'kysely'
import { describe, expect, test, vi } from 'vitest'
import { z } from 'zod'
import { insertEvents } from '../../../db/queries/log/events.ts'
import { claimOrphan, findOrphans, releaseRun } from '../../../db/queries/runs/run-owners.ts'
import { takeOver } from '../../runs/takeover.ts'
import { startConversation } from '../../testing/conversation.ts'
import { giveAway } from '../../testing/give-away.ts'
import { onEachStorage } from '../../testing/each-storage.ts'
import { callsOf, textOf } from '../../testing/clients/watch.ts'
import { defineTool } from '../../tools/define.ts'
import { orphanRuns } from '../../testing/orphan-runs.ts'

const OTHER_NODE = '00000000-0000-7000-8000-00000000000b'

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
      await orphanRuns(app, 5)
      const sixth = await app.model.nextCall()
      sixth.say('Two')
      const started = () =>
        live.events.flatMap(({ event }) => (event.type === 'start' ? [event.attempt] : []))
      await live.until(() => started().includes(6))
      await orphanRuns(app, 6)
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
      await orphanRuns(app, 1)
      expect(await live.untilEvent('end')).toMatchObject({ outcome: 'stopped' })
      expect(textOf(live.state, live.state?.messages.at(-1)?.id ?? '')).toBe('Shown')
      const { messages } = await app.caller.messages.list({ sessionId })
      expect(messages.at(-1)?.parts).toEqual([{ type: 'text', text: 'Shown' }])
    })

    test('is taken up also when its log has text that does not fit (P6, P13)', async () => {
      await using talk = await startConversation(openStorage)
      const { app, sessionId, live } = talk
      const { runId, messageId } = await app.caller.messages.send({ sessionId, text: 'Hello' })
      const first = await app.model.nextCall()
      first.say('Shown')
      const { seq } = await live.untilEvent('chunk').then(() => live.events.at(-1) ?? { seq: 0 })
      const chunk = { type: 'chunk', messageId, part: 0, kind: 'text', offset: 99, text: 'late' }
      const row = { sessionId, seq: seq + 1, runId, type: 'chunk', data: JSON.stringify(chunk) }
      await insertEvents(app.services.database.db, [row])
      await orphanRuns(app, 1)
      const again = await app.model.nextCall()
      again.say('Anew')
      again.finish()
      await expect
        .poll(async () => (await app.caller.messages.list({ sessionId })).messages.at(-1))
        .toMatchObject({ status: 'completed', parts: [{ type: 'text', text: 'Anew' }] })
    })

    test('is let go of by its attempt: a later one of this very node goes on (P8)', async () => {
      await using talk = await startConversation(openStorage)
      const { app, sessionId, live } = talk
      const { runId } = await app.caller.messages.send({ sessionId, text: 'Hello' })
      await app.model.nextCall()
      await orphanRuns(app, 1)
      const second = await app.model.nextCall()
      app.services.runs.lose(runId, 1)
      const { node, database: opened } = app.services
      await releaseRun(opened.db, { id: runId, attempt: 1 }, node.id)
      await app.services.runs.sweep()
      expect(second.signal.aborted).toBe(false)
      second.say('Still here')
      second.finish()
      expect(await live.untilEvent('end')).toMatchObject({ outcome: 'completed' })
      expect(app.model.asked).toBe(2)
    })

    test('is taken up once more for each step that it finished: many restarts end no long answer (P6)', async () => {
      const { tool } = held()
      await using talk = await startConversation(openStorage, { tools: [tool] })
      const { app, sessionId, live } = talk
      await app.caller.messages.send({ sessionId, text: 'Hello' })
      ;(await app.model.nextCall()).callTools({ name: 'held', arguments: { for: 1 } })
      await app.model.nextCall()
      await orphanRuns(app, 6)
      ;(await app.model.nextCall()).finish()
      expect(await live.untilEvent('end')).toMatchObject({ outcome: 'completed' })
    })

    test('has no call that goes on when its run is given up (P13)', async () => {
      const { tool, untilBegun } = held()
      await using talk = await startConversation(openStorage, { tools: [tool] })
      const { app, sessionId, live } = talk
      await app.caller.messages.send({ sessionId, text: 'Hello' })
      ;(await app.model.nextCall()).callTools({ name: 'held', arguments: { for: 0 } })
      await untilBegun(1)
      await orphanRuns(app, 7)
      expect(await live.untilEvent('end')).toMatchObject({ outcome: 'interrupted' })
      expect(callsOf(live)).toMatchObject([{ status: 'failed' }])
    })

    test('is left only when all its calls have ended: none is carried out twice at once (P7)', async () => {
      const { tool, begun, untilBegun } = held()
      await using talk = await startConversation(openStorage, { tools: [tool] })
      const { app, sessionId, live } = talk
      await app.caller.messages.send({ sessionId, text: 'Hello' })
      const long = { name: 'held', arguments: { for: 2_500 } }
      ;(await app.model.nextCall()).callTools({ name: 'held', arguments: { for: 1 } }, long)
      await untilBegun(2)
      const append = vi.spyOn(app.services.log, 'append').mockRejectedValueOnce(new Error('a bug'))
      await live.until(() => callsOf(live).every(({ status }) => status === 'completed'))
      append.mockRestore()
      expect(begun.filter((ms) => ms === 2_500)).toHaveLength(1)
      ;(await app.model.nextCall()).finish()
      expect(await live.untilEvent('end')).toMatchObject({ outcome: 'completed' })
    })

    test('is let go of with all its calls as soon as one finds that another node has it (P6, P7)', async () => {
      const { tool, stopped, untilBegun } = held()
      await using talk = await startConversation(openStorage, { tools: [tool] })
      const { app, sessionId } = talk
      const { db } = app.services.database
      await app.caller.messages.send({ sessionId, text: 'Hello' })
      const endless = { name: 'held', arguments: { for: 0 } }
      ;(await app.model.nextCall()).callTools({ name: 'held', arguments: { for: 500 } }, endless)
      await untilBegun(2)
      // A living node owns it, so that this node does not take it over.
      await sql`insert into nodes (id, lease_until)
        values (${OTHER_NODE}, now() + interval '1 hour')`.execute(db)
      await sql`update runs set owner = ${OTHER_NODE} where status = 'running'`.execute(db)
      await expect.poll(() => stopped).toContain(0)
    })

    test('is taken up again also when its own node does not drive it, though it lives (P13)', async () => {
      await using talk = await startConversation(openStorage)
      const { app, sessionId, live } = talk
      const { runId } = await app.caller.messages.send({ sessionId, text: 'Hello' })
      await app.model.nextCall()
      app.services.runs.lose(runId)
      ;(await app.model.nextCall()).finish()
      expect(await live.untilEvent('end')).toMatchObject({ outcome: 'completed' })
    })

    test('is taken up though something else of it cannot be (P13)', async () => {
      const { tool } = held()
      await using talk = await startConversation(openStorage, { tools: [tool] })
      const { app, sessionId, live } = talk
      const { db } = app.services.database
      await app.caller.messages.send({ sessionId, text: 'Hello' })
      ;(await app.model.nextCall()).callTools({ name: 'held', arguments: { for: 1 } })
      ;(await app.model.nextCall()).finish()
      await live.untilEvent('end')
      const other = await app.caller.sessions.create({})
      await app.caller.messages.send({ sessionId: other.id, text: 'Poisoned' })
      await app.model.nextCall()
      const { log } = app.services
      const original = log.append.bind(log)
      const append = vi
        .spyOn(log, 'append')
        .mockImplementation((id, work, urgency) =>
          id === other.id ? Promise.reject(new Error('poisoned')) : original(id, work, urgency),
        )
      await orphanRuns(app, 1)
      // A retry whose node died.
      await sql`update tool_calls set status = 'running', owner = gen_random_uuid()`.execute(db)
      await live.until(() => callsOf(live)[0]?.status === 'unknown')
      append.mockRestore()
    })

    test('is shortened though the log of an older run cannot be (P13)', async () => {
      await using talk = await startConversation(openStorage)
      const { app, sessionId, live } = talk
      const { db } = app.services.database
      const isShort = async (id: string) => {
        const { rows } = await sql<{ done: boolean }>`
          select bool_and(compacted_at is not null) as done from runs where session_id = ${id}`.execute(
          db,
        )
        return rows[0]?.done
      }
      app.model.plan('One')
      await app.caller.messages.send({ sessionId, text: 'Hello' })
      await live.untilEvent('end')
      await expect.poll(() => isShort(sessionId)).toBe(true)
      const other = await app.caller.sessions.create({})
      app.model.plan('Two')
      await app.caller.messages.send({ sessionId: other.id, text: 'Hello' })
      await expect.poll(() => isShort(other.id)).toBe(true)
      const poisoned = sql.lit(sessionId)
      await sql`
        alter table runs add constraint poisoned
        check (compacted_at is null or session_id <> ${poisoned}) not valid`.execute(db)
      await sql`update runs set compacted_at = null`.execute(db)
      await expect.poll(() => isShort(other.id)).toBe(true)
      expect(await isShort(sessionId)).toBe(false)
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
      const [own] = await findOrphans(db, owner, [runId], 10)
      expect(own?.id).toBe(runId)
      expect(own && (await claimOrphan(db, own, other, [runId]))).toBeNull()
    })

    test('that its own node takes over keeps the text that waits there, if it keeps the answer (P5, P6)', async () => {
      await using talk = await startConversation(openStorage)
      const { app, live, sessionId } = talk
      const { log, model, node } = app.services
      const { db } = app.services.database
      const { runId } = await app.caller.messages.send({ sessionId, text: 'Hello' })
      const call = await app.model.nextCall()
      call.say('Once ')
      const { messageId } = await live.untilEvent('chunk')
      const [found] = await findOrphans(db, node.id, [runId], 10)
      if (!found) throw new Error('the run was not found')
      const text = { kind: 'text', offset: 5, text: 'more' } as const
      const keeping = { log, node, model: { ...model, goesOn: () => true } }
      const taking = await log.append(found.sessionId, async () => {
        // Nothing else is committed meanwhile, so that the takeover is next, and takes the text along.
        void log.chunk(
          found.sessionId,
          { runId, attempt: 1 },
          { type: 'chunk', messageId, part: 0, ...text },
        )
        return [takeOver(found, [runId], keeping)]
      })
      expect(await Promise.all(taking)).toMatchObject([{ attempt: 2 }])
      await live.until(() =>
        live.events.some(({ event }) => event.type === 'start' && event.attempt === 2),
      )
      expect(textOf(live.state, messageId)).toBe('Once more')
      const { messages } = await app.caller.messages.list({ sessionId })
      expect(messages.at(-1)?.parts).toEqual([{ type: 'text', text: 'Once more' }])
    })

    test('is left to the next round when it was given to another person since it was found (P6)', async () => {
      await using talk = await startConversation(openStorage)
      const { app, sessionId } = talk
      const { log, model, node } = app.services
      const { db } = app.services.database
      const { runId } = await app.caller.messages.send({ sessionId, text: 'Hello' })
      await app.model.nextCall()
      const [found] = await findOrphans(db, node.id, [runId], 10)
      if (found) await giveAway(app, found.userId)
      expect(found && (await takeOver(found, [], { log, model, node }))).toBeNull()
    })
  })
})

/** A tool that takes so many milliseconds, or with 0 until it is stopped; calls may be repeated. */
function held() {
  const begun: number[] = []
  const stopped: number[] = []
  let next = Promise.withResolvers<void>()
  const tool = defineTool({
    name: 'held',
    description: 'Takes a while',
    input: z.object({ for: z.number() }),
    output: z.object({}),
    effect: 'read',
    approval: 'never',
    execute: async ({ for: ms }, { signal }) => {
      begun.push(ms)
      next.resolve()
      next = Promise.withResolvers()
      signal.addEventListener('abort', () => stopped.push(ms), { once: true })
      await delay(ms || 60_000, undefined, { signal })
      return {}
    },
  })
  /** Resolves before a call that has just begun can have ended. */
  const untilBegun = async (count: number) => {
    while (begun.length < count) await next.promise
  }
  return { tool, begun, stopped, untilBegun }
}
