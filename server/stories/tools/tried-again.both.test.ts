import { sql } from 'kysely'
import { describe, expect, test, vi } from 'vitest'
import { startTestApp } from '../../testing/app.ts'
import type { TestApp } from '../../testing/app.ts'
import { askFirst } from '../../testing/ask-first.ts'
import { startConversation } from '../../testing/conversation.ts'
import { textOf, watch } from '../../testing/clients/watch.ts'
import { giveAway } from '../../testing/give-away.ts'
import { onEachStorage } from '../../testing/each-storage.ts'
import { callOf, hideOutcome, pay } from '../../testing/payments.ts'
import { fileWithCall } from '../../testing/file-with-call.ts'

/** The sweep that finds it comes once a second. */
const SLOW = { timeout: 5_000 }

/** Tool calls that are tried again apart from their run, on either database. */
onEachStorage((database, openStorage) => {
  describe(`a call that is to be tried again, on ${database}`, () => {
    test('is recorded also when the database is away just then (P7, P13)', async () => {
      const paying = pay()
      const { tool, executed } = paying
      await using talk = await startConversation(openStorage, { tools: [tool] })
      const { app, live } = talk
      await hideOutcome(talk, paying)
      const begun = paying.wait()
      await app.caller.tools.resolve({ callId: callOf(live).id, outcome: 'retry' })
      await expect.poll(() => executed.length).toBe(2)
      const append = vi
        .spyOn(app.services.log, 'append')
        .mockRejectedValueOnce(Object.assign(new Error('shutting down'), { code: '57P01' }))
      begun()
      await live.until(() => callOf(live).status === 'completed')
      expect(append.mock.calls.length).toBeGreaterThan(1)
      append.mockRestore()
      expect(executed).toEqual([0, 0])
    })

    test('says how its last try went, whenever an earlier one ends (P7, P8)', async () => {
      const paying = pay()
      const { tool, executed } = paying
      await using talk = await startConversation(openStorage, { tools: [tool] })
      const { app, live } = talk
      const { db } = app.services.database
      await hideOutcome(talk, paying)
      const retry = async () => {
        const end = paying.wait()
        const before = executed.length
        await app.caller.tools.resolve({ callId: callOf(live).id, outcome: 'retry' })
        await expect.poll(() => executed.length).toBe(before + 1)
        await live.until(() => callOf(live).status === 'running')
        return end
      }
      const endFirst = await retry()
      // The node is alive, but another one took it for dead.
      await sql`update tool_calls set owner = gen_random_uuid()`.execute(db)
      await live.until(() => callOf(live).status === 'unknown')
      const endSecond = await retry()
      const append = vi.spyOn(app.services.log, 'append')
      endFirst()
      await expect.poll(() => append.mock.results.length).toBe(1)
      await append.mock.results[0]?.value
      append.mockRestore()
      const { rows } = await sql`select status from tool_calls`.execute(db)
      expect(rows).toEqual([{ status: 'running' }])
      endSecond()
      await live.until(() => callOf(live).status === 'completed')
    })

    test('is not left running when it is given to another person meanwhile: its outcome is unknown (P7, P13)', async () => {
      const paying = pay()
      await using talk = await startConversation(openStorage, { tools: [paying.tool] })
      const { app, live } = talk
      const { db } = app.services.database
      await hideOutcome(talk, paying)
      const end = paying.wait()
      await app.caller.tools.resolve({ callId: callOf(live).id, outcome: 'retry' })
      await expect.poll(() => paying.executed.length).toBe(2)
      const { id: guest } = await app.caller.me()
      await giveAway(app, guest)
      end()
      await expect
        .poll(async () => (await sql`select status, owner from tool_calls`.execute(db)).rows, SLOW)
        .toEqual([{ status: 'unknown', owner: null }])
    })

    test('is told of without the loss of text while another run continues its answer (P2, P7)', async () => {
      const paying = pay()
      await using talk = await startConversation(openStorage, { tools: [paying.tool] })
      const { app, sessionId, live } = talk
      const { caller } = app
      await hideOutcome(talk, paying)
      const { id: callId } = callOf(live)
      const id = live.state?.messages.at(-1)?.id ?? ''
      const said = () => textOf(live.state, id)
      await caller.messages.continue({ id })
      const writing = await app.model.nextCall()
      writing.say('One,')
      await live.until(() => said().endsWith('One,'))
      const ended = paying.wait()
      await caller.tools.resolve({ callId, outcome: 'retry' })
      writing.say(' two,')
      await live.until(() => said().endsWith('One, two,'))
      ended()
      await live.until(() => callOf(live).status === 'completed')
      writing.say(' three.')
      writing.finish()
      await live.until(({ state }) => state?.messages.at(-1)?.status === 'completed')
      expect(said()).toBe('One, two, three.')
      await using fresh = watch(caller, sessionId)
      await fresh.untilEvent('snapshot')
      expect(fresh.state).toEqual(live.state)
    })

    test('is asked about like a first one where its tool asks, each time, and what is denied is not done (P7, P11)', async () => {
      const { tool, executed, hold } = pay()
      await using talk = await startConversation(openStorage, { tools: [tool] })
      const { app, sessionId: id, live } = talk
      const { caller } = app
      await caller.messages.send({ sessionId: id, text: 'Pay 5' })
      hold.value = true
      ;(await app.model.nextCall()).callTools({ name: 'pay', arguments: { amount: 5 } })
      await live.until(({ state }) => state?.messages.at(-1)?.status === 'waiting')
      const { id: callId } = callOf(live)
      await caller.tools.decide({ callId, decision: 'approve' })
      await expect.poll(() => executed.length).toBe(1)
      await caller.runs.stop({ sessionId: id })
      await live.untilEvent('end')
      hold.value = false

      const retry = () => caller.tools.resolve({ callId, outcome: 'retry' })
      const unchanged = await changeBytes(app)
      // The first approval covered only the first attempt.
      expect((await retry()).status).toBe('awaiting-approval')
      await live.until(() => callOf(live).status === 'awaiting-approval')
      await expect(retry()).rejects.toMatchObject({ code: 'CONFLICT' })
      expect(await caller.tools.decide({ callId, decision: 'deny' })).toMatchObject({
        status: 'unknown',
        error: expect.stringContaining('not known'),
      })
      // This could go on without end, so what the log keeps of it counts as stored.
      const whole = JSON.stringify(live.state?.messages.at(-1)).length
      expect(await changeBytes(app)).toBeGreaterThan(unchanged + whole)
      const answer = (decision: 'approve' | 'deny') =>
        caller.tools.answerAll({ answers: [{ callId, decision }] })
      expect(await answer('deny')).toMatchObject([{ status: 'unknown' }])
      await expect(answer('approve')).rejects.toMatchObject({ code: 'CONFLICT' })
      expect(executed).toEqual([5])
      expect((await retry()).status).toBe('awaiting-approval')
      expect((await caller.tools.decide({ callId, decision: 'approve' })).status).toBe('running')
      await live.until(() => callOf(live).status === 'completed')
      expect(executed).toEqual([5, 5])
      await using fresh = watch(caller, id)
      await fresh.untilEvent('snapshot')
      expect(fresh.state).toEqual(live.state)
    })

    test('counts as stored with each try, also while its answer waits for another call (P15)', async () => {
      await using talk = await startConversation(openStorage, { tools: [askFirst] })
      const { app, sessionId, live } = talk
      await app.caller.messages.send({ sessionId, text: 'Twice' })
      const call = { name: 'ask_first', arguments: {} }
      ;(await app.model.nextCall()).callTools(call, call)
      await live.until(({ state }) => state?.messages.at(-1)?.status === 'waiting')
      const { id: callId } = callOf(live)
      await sql`update tool_calls set status = 'unknown' where id = ${callId}`.execute(
        app.services.database.db,
      )
      const before = await changeBytes(app)
      await app.caller.tools.resolve({ callId, outcome: 'retry' })
      expect(await changeBytes(app)).toBeGreaterThan(before)
    })

    test('is never carried out unasked because a file brought it along, whatever that says of it (P11)', async () => {
      const { tool, executed } = pay()
      await using storage = await openStorage()
      await using app = await startTestApp({ ...storage, tools: [tool] })
      const { sessions } = await app.caller.sessions.import({ data: fileWithCall() })
      const id = sessions[0]?.id ?? ''
      await using live = watch(app.caller, id)
      await live.untilEvent('snapshot')
      const { id: callId } = callOf(live)
      const again = await app.caller.tools.resolve({ callId, outcome: 'retry' })
      expect(again.status).toBe('awaiting-approval')
      await app.caller.tools.decide({ callId, decision: 'approve' })
      await live.until(() => callOf(live).status === 'completed')
      expect(executed).toEqual([7])
    })
  })
})

/** The bytes by which the log of the only session grew by changes. */
async function changeBytes({ services }: TestApp): Promise<number> {
  const { db } = services.database
  const rows = await db.selectFrom('sessions').select('change_bytes').execute()
  return Number(rows[0]?.change_bytes)
}
