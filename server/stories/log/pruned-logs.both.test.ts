import { sql } from 'kysely'
import { describe, expect, test } from 'vitest'
import { pruneLogs } from '../../../db/queries/log/retention.ts'
import type { LoggedEvent } from '../../../shared/contract/events.ts'
import { fold } from '../../../shared/session/fold.ts'
import type { SessionState } from '../../../shared/session/fold.ts'
import type { TestApp } from '../../testing/app.ts'
import { startConversation } from '../../testing/conversation.ts'
import { onEachStorage } from '../../testing/each-storage.ts'
import { watch } from '../../testing/clients/watch.ts'

const LATER = new Date(Date.now() + 86_400_000).toISOString()

onEachStorage((database, openStorage) => {
  describe(`a log that was pruned, on ${database}`, () => {
    test.each([false, true])(
      'gives a snapshot to who lacks what is gone, nothing to who lacks nothing, and goes on (P2, P3; rewritten: %s)',
      async (rewrite) => {
        await using talk = await startConversation(openStorage)
        const { app, sessionId: id, live } = talk
        for (const text of ['First', 'Second']) await answer(app, id, text)
        await live.until(({ events }) => ends(events) === 2)
        const states = statesOf(live.events)
        const { db } = app.services.database
        await untilPruned(app, { rewrite, sessions: 1 })
        expect(await pruneLogs(db, { before: LATER, rewrite })).toEqual({ sessions: 0, events: 0 })
        const { events: left } = await app.caller.sessions.log({ id })
        expect(left.map(({ seq }) => seq)).toEqual([live.state?.seq])
        for (const state of states) {
          await using late = watch(app.caller, id, state)
          await late.until(() => (late.state?.seq ?? 0) >= (live.state?.seq ?? 0))
          expect(late.state?.messages).toEqual(live.state?.messages)
        }
        // A reader that has everything gets nothing again, and sees the next answer like any other.
        await using upToDate = watch(app.caller, id, live.state)
        await using stale = watch(app.caller, id, states[2])
        await answer(app, id, 'Third')
        for (const reader of [live, upToDate, stale]) {
          // Its end may be in the snapshot already, and something else may come behind it.
          await reader.until(({ state }) => state?.messages.length === 6 && !state.session.running)
          await expect.poll(() => reader.state).toEqual(live.state)
        }
        expect(upToDate.events.some(({ event }) => event.type === 'snapshot')).toBe(false)
        expect(live.state?.messages).toHaveLength(6)
      },
    )

    test('shows an answer of before a change of the branch, also when it was continued after it (P2)', async () => {
      await using talk = await startConversation(openStorage)
      const { app, sessionId: id, live } = talk
      await answer(app, id, 'First', 'length')
      await live.until(({ events }) => ends(events) === 1)
      const [question, cut] = live.state?.messages ?? []
      await untilPruned(app, { sessions: 1 })
      const { state } = live
      // The question gets another version; then the first one is selected again, and its answer goes on.
      await app.caller.messages.edit({ id: question?.id ?? '', text: 'Otherwise' })
      const other = await app.model.nextCall()
      other.say('Other.')
      other.finish()
      await live.until(({ events }) => ends(events) === 2)
      await app.caller.messages.select({ id: question?.id ?? '' })
      await app.caller.messages.continue({ id: cut?.id ?? '' })
      const more = await app.model.nextCall()
      more.say(' And on.')
      more.finish()
      await live.until(({ events }) => ends(events) === 3)
      await using late = watch(app.caller, id, state)
      const seen: number[] = []
      await late.until((reader) => {
        seen.push(reader.state?.messages.length ?? 0)
        return ends(reader.events) >= 2
      })
      expect(late.state?.messages).toEqual(live.state?.messages)
    })

    test('stays while an answer waits for a person (P11)', async () => {
      await using talk = await startConversation(openStorage)
      const { app, sessionId: id, live } = talk
      await app.caller.messages.send({ sessionId: id, text: 'May you?' })
      const call = await app.model.nextCall()
      call.say('Half of an ')
      await live.untilEvent('chunk')
      const { db } = app.services.database
      expect(await pruneLogs(db, { before: LATER })).toEqual({ sessions: 0, events: 0 })
      call.finish()
    })

    test('stays while another protocol may read it again, or its session was used since (P17)', async () => {
      await using talk = await startConversation(openStorage)
      const { app, sessionId: id, live } = talk
      await answer(app, id, 'First')
      await live.untilEvent('end')
      const { db } = app.services.database
      const runs = () => db.selectFrom('runs').select(['id', 'compacted_at']).execute()
      await expect.poll(runs).toMatchObject([{ compacted_at: expect.any(String) }])
      const [run] = await runs()
      const nothing = { sessions: 0, events: 0 }
      await sql`
        insert into responses (run_id, segment, request, input, created_at)
        values (${run?.id}, 0, '{}', '[]', now())`.execute(db)
      expect(await pruneLogs(db, { before: LATER })).toEqual(nothing)
      await sql`delete from responses`.execute(db)
      await sql`update sessions set updated_at = ${LATER}`.execute(db)
      expect(await pruneLogs(db, { before: LATER })).toEqual(nothing)
      await sql`update sessions set updated_at = created_at`.execute(db)
      expect(await pruneLogs(db, { before: LATER })).toMatchObject({ sessions: 1 })
    })
  })
})

async function answer(app: TestApp, sessionId: string, text: string, finish?: 'length') {
  await app.caller.messages.send({ sessionId, text })
  const call = await app.model.nextCall()
  call.say('Some ', 'words.')
  if (finish) call.push({ type: 'finish', finish })
  else call.finish()
}

/** Compaction happens a moment after an answer's end, and pruning after that. */
async function untilPruned(
  app: TestApp,
  { rewrite = false, sessions }: { rewrite?: boolean; sessions: number },
): Promise<void> {
  const { db } = app.services.database
  await expect.poll(() => pruneLogs(db, { before: LATER, rewrite })).toMatchObject({ sessions })
}

function ends(events: readonly LoggedEvent[]): number {
  return events.filter(({ event }) => event.type === 'end').length
}

function statesOf(events: readonly LoggedEvent[]): SessionState[] {
  const states: SessionState[] = []
  for (const event of events) states.push(fold(states.at(-1) ?? null, event))
  return states
}
