import { sql } from 'kysely'
import { describe, expect, test, vi } from 'vitest'
import { z } from 'zod'
import { findRun } from '../../../db/queries/runs/runs.ts'
import { RunId } from '../../../shared/contract/ids.ts'
import { compactRun } from '../../log/compaction.ts'
import { startTestApp } from '../../testing/app.ts'
import type { TestApp } from '../../testing/app.ts'
import { askFirst } from '../../testing/ask-first.ts'
import { startConversation } from '../../testing/conversation.ts'
import type { Conversation } from '../../testing/conversation.ts'
import { watch } from '../../testing/clients/watch.ts'
import { defineTool } from '../../tools/define.ts'
import { onEachStorage } from '../../testing/each-storage.ts'
import { fileWithCall } from '../../testing/file-with-call.ts'

/** Tool calls that need an approval, on either database. */
onEachStorage((database, openStorage) => {
  describe(`a call that needs a person, on ${database}`, () => {
    test('waits, begins when it is approved, once, and its run goes on (P7, P11)', async () => {
      const { tool, executed } = pay()
      await using talk = await startConversation(openStorage, { tools: [tool] })
      const { app, sessionId: id, live } = talk
      await app.caller.messages.send({ sessionId: id, text: 'Pay 5' })
      const asking = await app.model.nextCall()
      asking.say('Let me ')
      await live.untilEvent('chunk')
      asking.say('ask.')
      asking.callTools({ name: 'pay', arguments: { amount: 5 } })
      await live.until(({ state }) => state?.messages.at(-1)?.status === 'waiting')
      const call = callOf(live)
      expect(call).toMatchObject({
        status: 'awaiting-approval',
        input: { amount: 5 },
        effect: 'once',
      })
      expect(live.state?.session.running).toBe(true)
      await using joined = watch(app.caller, id)
      await joined.untilEvent('snapshot')
      expect(joined.state).toEqual(live.state)
      expect(executed).toEqual([])
      // Compaction skips the log of a run that may still write.
      await compactRun(app.services.database.db, await runOf(app, live), app.services.now())
      const { events } = await app.caller.sessions.log({ id })
      expect(events.filter(({ event }) => event.type === 'chunk').length).toBeGreaterThan(1)

      const decide = (decision: 'approve' | 'deny') =>
        app.caller.tools.decide({ callId: call.id, decision })
      const decisions = await Promise.allSettled([
        decide('approve'),
        decide('approve'),
        decide('approve'),
      ])
      expect(decisions.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
      for (const decision of decisions) {
        if (decision.status === 'rejected') {
          expect(decision.reason).toMatchObject({ code: 'CONFLICT' })
        }
      }
      const next = await app.model.nextCall()
      expect(next.step.messages.at(-1)).toMatchObject({
        role: 'tool',
        failed: false,
        output: '{"paid":5}',
      })
      next.say('Paid.')
      next.finish()
      await live.untilEvent('end')
      expect(executed).toEqual([5])
      expect(callOf(live)).toMatchObject({ status: 'completed', output: { paid: 5 } })
      await using fresh = watch(app.caller, id)
      await fresh.untilEvent('snapshot')
      expect(fresh.state).toEqual(live.state)
    })

    test('is not carried out when it is denied, and the model is told why', async () => {
      const { tool, executed } = pay()
      await using talk = await startConversation(openStorage, { tools: [tool] })
      const { app, sessionId: id, live } = talk
      await app.caller.messages.send({ sessionId: id, text: 'Pay 5' })
      ;(await app.model.nextCall()).callTools(
        { name: 'pay', arguments: { amount: 5 } },
        { name: 'pay', arguments: { amount: 0 } },
      )
      await live.until(({ state }) => state?.messages.at(-1)?.status === 'waiting')
      const reason = 'Too much.'
      await app.caller.tools.decide({ callId: callOf(live).id, decision: 'deny', reason })
      const next = await app.model.nextCall()
      const [first, second] = next.step.messages.slice(-2)
      expect(first).toMatchObject({
        role: 'tool',
        failed: true,
        output: expect.stringContaining(reason),
      })
      expect(second).toMatchObject({ role: 'tool', failed: false, output: '{"paid":0}' })
      expect(executed).toEqual([0])
      next.say('I did not pay.')
      next.finish()
      await live.untilEvent('end')
    })

    test('is brought to an end by a stop while it waits (P9, P13)', async () => {
      const { tool, executed } = pay()
      await using talk = await startConversation(openStorage, { tools: [tool] })
      const { app, sessionId: id, live } = talk
      await app.caller.messages.send({ sessionId: id, text: 'Pay 5' })
      ;(await app.model.nextCall()).callTools({ name: 'pay', arguments: { amount: 5 } })
      await live.until(({ state }) => state?.messages.at(-1)?.status === 'waiting')
      expect(await app.caller.runs.stop({ sessionId: id })).toEqual({ stopped: true })
      expect(await live.untilEvent('end')).toMatchObject({ outcome: 'stopped' })
      expect(callOf(live)).toMatchObject({ status: 'failed' })
      expect(executed).toEqual([])
      await expect(
        app.caller.tools.decide({ callId: callOf(live).id, decision: 'approve' }),
      ).rejects.toMatchObject({ code: 'CONFLICT' })
      const answers = [{ callId: callOf(live).id, decision: 'approve' as const }]
      await expect(app.caller.tools.answerAll({ answers })).rejects.toMatchObject({
        code: 'CONFLICT',
      })
    })

    test('that hid its outcome is resolved by a person, also by trying again after the run (P7, P9)', async () => {
      const paying = pay()
      const { tool, executed } = paying
      await using talk = await startConversation(openStorage, { tools: [tool] })
      const { app, sessionId: id, live } = talk
      await hideOutcome(talk, paying)
      const call = callOf(live)
      expect(call).toMatchObject({ status: 'unknown', error: expect.stringContaining('not known') })
      const again = await app.caller.tools.resolve({ callId: call.id, outcome: 'retry' })
      expect(again.status).toBe('running')
      await live.until(() => callOf(live).status === 'completed')
      expect(executed).toEqual([0, 0])
      await expect(
        app.caller.tools.resolve({ callId: call.id, outcome: 'happened' }),
      ).rejects.toMatchObject({ code: 'CONFLICT' })
      const { event } = live.events.at(-1) ?? {}
      expect(event?.type).toBe('message')
      await using fresh = watch(app.caller, id)
      await fresh.untilEvent('snapshot')
      expect(fresh.state).toEqual(live.state)
    })
  })

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
      await live.until(() => executed.length === 1)
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

async function runOf({ services }: TestApp, live: ReturnType<typeof watch>) {
  const run = await findRun(services.database.db, RunId.parse(live.state?.messages.at(-1)?.runId))
  if (!run) {
    throw new Error('the newest message has no run')
  }
  return run
}

/** A tool that needs approval when there is an amount to pay, and records each execution. */
function pay() {
  const executed: number[] = []
  const hold = { value: false }
  let waiting: Promise<void> | null = null
  const tool = defineTool({
    name: 'pay',
    description: 'Pays an amount',
    input: z.object({ amount: z.number() }),
    output: z.object({ paid: z.number() }),
    effect: 'once',
    approval: ({ amount }) => amount > 0,
    execute: async ({ amount }, { signal }) => {
      executed.push(amount)
      if (hold.value) {
        await new Promise((resolve) => signal.addEventListener('abort', resolve))
      }
      await waiting
      return { paid: amount }
    },
  })
  /** Further payments wait for the function that this returns. */
  const wait = () => {
    const { promise, resolve } = Promise.withResolvers<void>()
    waiting = promise
    return resolve
  }
  return { tool, executed, hold, wait }
}

/** Stops an answer during a payment, so that the payment's outcome is unknown. */
async function hideOutcome(
  { app, sessionId, live }: Conversation,
  { executed, hold }: ReturnType<typeof pay>,
): Promise<void> {
  await app.caller.messages.send({ sessionId, text: 'Pay 0' })
  hold.value = true
  ;(await app.model.nextCall()).callTools({ name: 'pay', arguments: { amount: 0 } })
  await live.until(() => executed.length === 1)
  await app.caller.runs.stop({ sessionId })
  await live.untilEvent('end')
  hold.value = false
}

function callOf(watcher: ReturnType<typeof watch>) {
  const parts = watcher.state?.messages.at(-1)?.parts ?? []
  const part = parts.find(({ type }) => type === 'tool')
  if (part?.type !== 'tool') {
    throw new Error('the newest message has no call')
  }
  return part.call
}
