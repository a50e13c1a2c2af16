import { describe, expect, test } from 'vitest'
import { findRun } from '../../../db/queries/runs/runs.ts'
import { RunId } from '../../../shared/contract/ids.ts'
import { createCompaction } from '../../log/compaction.ts'
import type { TestApp } from '../../testing/app.ts'
import { startConversation } from '../../testing/conversation.ts'
import { watch } from '../../testing/clients/watch.ts'
import { onEachStorage } from '../../testing/each-storage.ts'
import { callOf, hideOutcome, pay } from '../../testing/payments.ts'

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
      await createCompaction(app.services.database.db, app.services.now)(await runOf(app, live))
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

    test('is not approved between a stop and the end that it brings (P9, P11)', async () => {
      const { tool, executed } = pay()
      await using talk = await startConversation(openStorage, { tools: [tool] })
      const { app, sessionId: id, live } = talk
      await app.caller.messages.send({ sessionId: id, text: 'Pay 5' })
      ;(await app.model.nextCall()).callTools({ name: 'pay', arguments: { amount: 5 } })
      await live.until(({ state }) => state?.messages.at(-1)?.status === 'waiting')
      const callId = callOf(live).id
      await app.caller.runs.stop({ sessionId: id })
      await expect(app.caller.tools.decide({ callId, decision: 'approve' })).rejects.toMatchObject({
        code: 'CONFLICT',
      })
      expect(await live.untilEvent('end')).toMatchObject({ outcome: 'stopped' })
      expect(executed).toEqual([])
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
})

async function runOf({ services }: TestApp, live: ReturnType<typeof watch>) {
  const run = await findRun(services.database.db, RunId.parse(live.state?.messages.at(-1)?.runId))
  if (!run) {
    throw new Error('the newest message has no run')
  }
  return run
}
