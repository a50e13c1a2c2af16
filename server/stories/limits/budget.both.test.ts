import { describe, expect, test } from 'vitest'
import { reserveSpending } from '../../../db/queries/usage/spending.ts'
import { startTestApp } from '../../testing/app.ts'
import type { Storage, TestApp } from '../../testing/app.ts'
import { textOf, watch } from '../../testing/clients/watch.ts'
import { onEachStorage } from '../../testing/each-storage.ts'

/** The cost of answers, and the limits on it, on either database. */
onEachStorage((database, openStorage) => {
  describe(`costs and their limits, on ${database}`, () => {
    test('each step, each answer and the sums have their price', async () => {
      await using storage = await openStorage()
      await using app = await startPriced(storage)
      const { id } = await app.caller.sessions.create({ title: 'Costs' })
      const end = await ask(app, id, async () => {
        const first = await app.model.nextCall()
        first.callTools({ name: 'get_system_metrics', arguments: { metric_type: 'process' } })
        const second = await app.model.nextCall()
        second.say('Well.')
        second.push(
          {
            type: 'usage',
            usage: { inputTokens: 1_000_000, outputTokens: 0, cachedInputTokens: 0 },
          },
          { type: 'finish', finish: 'stop' },
        )
      })
      // 10 in and 5 out, then a million in, at $0.15 and $0.60 for a million.
      expect(end.usage?.costUsd).toBeCloseTo(0.15 + 0.0000045, 9)
      const { total } = await app.caller.usage.summary({})
      expect(total.costUsd).toBeCloseTo(0.1500045, 9)
      const { messages } = await app.caller.messages.list({ sessionId: id })
      expect(messages.at(-1)?.usage?.costUsd).toBeCloseTo(0.1500045, 9)
    })

    test('a price that nobody knows is null, and never 0', async () => {
      await using storage = await openStorage()
      await using app = await startPriced(storage)
      const { id } = await app.caller.sessions.create({ model: 'no-such-model' })
      const end = await ask(app, id, () => answer(app))
      expect(end.usage).toMatchObject({ inputTokens: 10, costUsd: null })
    })

    test('a call that could go beyond the day’s budget is not made, and the next day it is', async () => {
      await using storage = await openStorage()
      let now = '2026-03-28T23:00:00.000Z'
      const clock = () => Date.parse(now)
      // One answer of at most 1500 tokens costs $0.0009, and its input a little more.
      await using app = await startPriced(storage, { BUDGET_USD_PER_DAY: '0.0016' }, clock)
      const { id } = await app.caller.sessions.create({ title: 'Costs' })
      const spend = { inputTokens: 1_000, outputTokens: 1_000 }
      expect(await ask(app, id, () => answer(app, spend))).toMatchObject({ outcome: 'completed' })
      const refused = await ask(app, id, async () => undefined)
      expect(refused).toMatchObject({
        outcome: 'failed',
        error: { code: 'budget', retryable: false },
      })
      expect(refused.error?.message).toMatch(/\$0\.0016 \(BUDGET_USD_PER_DAY\).*00:00 UTC/)
      expect(app.model.asked).toBe(1)
      now = '2026-03-29T00:00:01.000Z'
      expect(await ask(app, id, () => answer(app))).toMatchObject({ outcome: 'completed' })
    })

    test('what a question takes to read is set aside too: one that is too dear is not asked', async () => {
      await using storage = await openStorage()
      // The answer's 1500 tokens cost $0.0009; some 20,000 input tokens cost $0.003.
      await using app = await startPriced(storage, { BUDGET_USD_PER_DAY: '0.002' })
      const { id } = await app.caller.sessions.create({ title: 'Costs' })
      await using live = watch(app.caller, id)
      await live.untilEvent('snapshot')
      await app.caller.messages.send({ sessionId: id, text: 'word '.repeat(20_000) })
      expect(await live.untilEvent('end')).toMatchObject({ error: { code: 'budget' } })
      expect(app.model.asked).toBe(0)
    })

    test('what was set aside and not used is there for the next', async () => {
      await using storage = await openStorage()
      await using app = await startPriced(storage, { BUDGET_USD_PER_DAY: '0.0012' })
      const { id } = await app.caller.sessions.create({ title: 'Costs' })
      for (let turn = 0; turn < 5; turn += 1) {
        expect(await ask(app, id, () => answer(app))).toMatchObject({ outcome: 'completed' })
      }
      // A call that failed before any output costs nothing.
      const failure = { code: 'provider_auth' as const, message: 'No.', retryable: false }
      for (let turn = 0; turn < 3; turn += 1) {
        const end = await ask(app, id, async () => {
          const call = await app.model.nextCall()
          call.push({ type: 'error', error: failure })
        })
        expect(end).toMatchObject({ error: { code: 'provider_auth' } })
      }
    })

    test('deleting the conversation gives no money back, and a stopped answer is paid for', async () => {
      await using storage = await openStorage()
      await using app = await startPriced(storage, { BUDGET_USD_PER_DAY: '0.0016' })
      const { id } = await app.caller.sessions.create({ title: 'Costs' })
      await using live = watch(app.caller, id)
      await live.untilEvent('snapshot')
      await app.caller.messages.send({ sessionId: id, text: 'Hello' })
      const call = await app.model.nextCall()
      call.say('word '.repeat(1_000))
      await live.untilEvent('chunk')
      await app.caller.runs.stop({ sessionId: id })
      expect(await live.untilEvent('end')).toMatchObject({ outcome: 'stopped' })
      await app.caller.sessions.delete({ id })
      const { id: next } = await app.caller.sessions.create({ title: 'Costs' })
      expect(await ask(app, next, async () => undefined)).toMatchObject({
        error: { code: 'budget' },
      })
    })

    test('a model whose price nobody knows is not asked under a budget, and the person is told', async () => {
      await using storage = await openStorage()
      await using app = await startPriced(storage, { BUDGET_USD_PER_DAY: '5' })
      const { id } = await app.caller.sessions.create({ model: 'no-such-model' })
      const end = await ask(app, id, async () => undefined)
      expect(end.error).toMatchObject({ code: 'budget' })
      expect(end.error?.message).toMatch(/"no-such-model".*BUDGET_USD_PER_DAY/)
      expect(app.model.asked).toBe(0)
    })

    test('reservations that come at once never go beyond the limit together', async () => {
      await using storage = await openStorage()
      await using app = await startPriced(storage)
      const { db } = app.services.database
      const taken = await Promise.all(
        Array.from({ length: 40 }, () =>
          reserveSpending(db, { day: '2026-03-29', usd: 0.25, limit: 2 }),
        ),
      )
      expect(taken.filter(Boolean)).toHaveLength(8)
      expect(await reserveSpending(db, { day: '2026-03-30', usd: 3, limit: 2 })).toBe(false)
    })

    test('an answer that has written its tokens ends, and keeps its text and its usage', async () => {
      await using storage = await openStorage()
      await using app = await startPriced(storage, { RUN_MAX_OUTPUT_TOKENS: '12' })
      const { id } = await app.caller.sessions.create({ title: 'Costs' })
      await using live = watch(app.caller, id)
      await live.untilEvent('snapshot')
      await app.caller.messages.send({ sessionId: id, text: 'Hello' })
      const first = await app.model.nextCall()
      expect(first.step.maxTokens).toBe(12)
      first.callTools({ name: 'get_system_metrics', arguments: { metric_type: 'process' } })
      const second = await app.model.nextCall()
      expect(second.step.maxTokens).toBe(7)
      second.say('All is')
      second.push(
        { type: 'usage', usage: { inputTokens: 20, outputTokens: 7 } },
        { type: 'finish', finish: 'length' },
      )
      const end = await live.untilEvent('end')
      expect(end).toMatchObject({ outcome: 'failed', error: { code: 'budget' } })
      expect(end.error?.message).toMatch(/12 tokens \(RUN_MAX_OUTPUT_TOKENS\)/)
      expect(end.usage).toMatchObject({ inputTokens: 30, outputTokens: 12 })
      expect(textOf(live.state, end.messageId)).toBe('All is')
      expect(app.model.asked).toBe(2)
    })

    test('a provider that does not keep to its limit is left', async () => {
      await using storage = await openStorage()
      await using app = await startPriced(storage, { RUN_MAX_OUTPUT_TOKENS: '100' })
      const { id } = await app.caller.sessions.create({ title: 'Costs' })
      await using live = watch(app.caller, id)
      await live.untilEvent('snapshot')
      await app.caller.messages.send({ sessionId: id, text: 'Hello' })
      const call = await app.model.nextCall()
      for (let piece = 0; piece < 50; piece += 1) {
        call.say('x'.repeat(100))
      }
      const end = await live.untilEvent('end')
      expect(end).toMatchObject({ error: { code: 'budget' } })
      expect(textOf(live.state, end.messageId).length).toBeLessThan(2_500)
    })
  })
})

/** A server with a model whose price is known: one of OpenAI's, at OpenAI's address. */
function startPriced({ env }: Storage, more: Record<string, string> = {}, clock?: () => number) {
  const priced = {
    OPENAI_BASE_URL: 'https://api.openai.com/v1',
    LLM_MODEL: 'gpt-4o-mini',
    LLM_MAX_TOKENS: '1500',
  }
  return startTestApp({ env: { ...env, ...priced, ...more }, ...(clock && { clock }) })
}

async function ask(app: TestApp, sessionId: string, play: () => Promise<unknown>) {
  const { seq } = await app.caller.sessions.get({ id: sessionId })
  await using live = watch(app.caller, sessionId)
  await live.untilEvent('snapshot')
  await app.caller.messages.send({ sessionId, text: 'Hello' })
  await play()
  await live.until(({ events }) =>
    events.some(({ seq: at, event }) => event.type === 'end' && at > seq),
  )
  return await live.untilEvent('end')
}

async function answer(app: TestApp, usage = { inputTokens: 10, outputTokens: 5 }) {
  const call = await app.model.nextCall()
  call.say('Hi.')
  call.push({ type: 'usage', usage }, { type: 'finish', finish: 'stop' })
}
