import { describe, expect, test } from 'vitest'
import { sumAnswers } from '../../../db/queries/usage/answers.ts'
import { sumUsageByDay } from '../../../db/queries/usage/usage.ts'
import { startTestApp } from '../../testing/app.ts'
import type { TestApp } from '../../testing/app.ts'
import { openTab } from '../../testing/clients/tab.ts'
import { onEachStorage } from '../../testing/each-storage.ts'

/** Recorded usage of models, on either database. */
onEachStorage((database, openStorage) => {
  describe(`usage, on ${database}`, () => {
    test('is summed by model and over all, with each step of a run and each run once', async () => {
      await using storage = await openStorage()
      await using app = await startTestApp(storage)
      const one = await app.caller.sessions.create({ model: 'small' })
      const two = await app.caller.sessions.create({ model: 'large' })
      await answer(app, one.id, { inputTokens: 10, outputTokens: 1 }, { calls: 1 })
      await answer(app, one.id, { inputTokens: 100, outputTokens: 20, cachedInputTokens: 60 })
      await answer(app, two.id, { inputTokens: 1000, outputTokens: 300, reasoningTokens: 200 })
      const spoken = { speechIn: 0, speechOut: 0, images: 0 }
      const none = { cachedInputTokens: 0, reasoningTokens: 0, costUsd: null, ...spoken }
      const small = { inputTokens: 120, outputTokens: 26, ...none, cachedInputTokens: 60, runs: 2 }
      const large = {
        inputTokens: 1000,
        outputTokens: 300,
        ...none,
        reasoningTokens: 200,
        runs: 1,
      }
      expect(await app.caller.usage.summary({})).toEqual({
        models: [
          { model: 'large', ...large },
          { model: 'small', ...small },
        ],
        total: {
          inputTokens: 1120,
          outputTokens: 326,
          cachedInputTokens: 60,
          reasoningTokens: 200,
          costUsd: null,
          runs: 3,
          ...spoken,
        },
      })
      expect(await app.caller.usage.summary({ sessionId: one.id })).toEqual({
        models: [{ model: 'small', ...small }],
        total: small,
      })
    })

    test('says how answers went by day, model and session, with tools and the time to the first word', async () => {
      await using storage = await openStorage()
      await using app = await startTestApp(storage)
      const { id } = await app.caller.sessions.create({ model: 'small', title: 'Quays' })
      await answer(app, id, { inputTokens: 10, outputTokens: 1 }, { calls: 1 })
      const other = await app.caller.sessions.create({ model: 'large' })
      await app.caller.messages.send({ sessionId: other.id, text: 'Fail' })
      const call = await app.model.nextCall()
      call.fail('provider_error')
      await expect
        .poll(async () => (await app.caller.sessions.get({ id: other.id })).running)
        .toBe(false)
      const of = (by: 'day' | 'model' | 'session') => app.caller.usage.answers({ by })
      expect(await of('model')).toMatchObject([
        {
          ...{ key: 'small', title: null, answers: 1, failed: 0, toolCalls: 1, toolFailures: 1 },
          firstTokenMs: expect.any(Number),
        },
        { key: 'large', answers: 1, failed: 1, toolCalls: 0, firstTokenMs: null, costUsd: null },
      ])
      expect(await of('session')).toMatchObject([{ key: id, title: 'Quays' }, { key: other.id }])
      expect(await of('day')).toMatchObject([{ answers: 2, failed: 1, toolCalls: 1 }])
      // Copied messages did not use the model again.
      const { messages } = await app.caller.messages.list({ sessionId: id })
      await app.caller.sessions.fork({ messageId: messages.at(-1)?.id ?? '' })
      expect(await of('day')).toMatchObject([{ answers: 2 }])
    })

    test('counts the answers that ran or run, in every sum alike, and none that waits for its turn', async () => {
      await using storage = await openStorage()
      await using app = await startTestApp(storage)
      const { id } = await app.caller.sessions.create({ model: 'small' })
      await answer(app, id, { inputTokens: 100, outputTokens: 20 })
      await app.caller.messages.send({ sessionId: id, text: 'Measure' })
      const asking = await app.model.nextCall()
      await app.caller.messages.send({ sessionId: id, text: 'Later' })
      const counted = async () => ({
        answers: await app.caller.usage.answers({ by: 'day' }),
        sessions: await app.caller.usage.answers({ by: 'session' }),
        total: (await app.caller.usage.summary({})).total,
      })
      // It has begun, and no call of the model is over.
      expect(await counted()).toMatchObject({
        answers: [{ answers: 2, inputTokens: 100 }],
        sessions: [{ answers: 2, failed: 0 }],
        total: { runs: 1, inputTokens: 100 },
      })
      asking.callTools({ name: 'calculate', arguments: { expression: '1+1' } })
      const next = await app.model.nextCall()
      const used = { inputTokens: 110, outputTokens: 25 }
      expect(await counted()).toMatchObject({
        answers: [{ answers: 2, toolCalls: 1, ...used, costUsd: null }],
        sessions: [{ key: id, answers: 2, toolCalls: 1, ...used }],
        total: { runs: 2, ...used },
      })
      next.say('Measured')
      next.finish()
      const last = await app.model.nextCall()
      expect(await counted()).toMatchObject({ answers: [{ answers: 3 }], total: { runs: 2 } })
      last.finish()
    })

    test('has what was written in the background, title and summary, which are no answers', async () => {
      await using storage = await openStorage()
      const env = { ...storage.env, SESSION_GRACE_SECONDS: '1' }
      await using app = await startTestApp({ ...storage, env })
      const { id } = await app.caller.sessions.create({ model: 'small' })
      const live = await openTab(app, id)
      await answer(app, id, { inputTokens: 100, outputTokens: 20 })
      const write = async (usage: Used) => {
        const call = await app.model.nextWriting()
        call.say('Quays')
        call.push({ type: 'usage', usage }, { type: 'finish', finish: 'stop' })
      }
      await write({ inputTokens: 7, outputTokens: 3, cachedInputTokens: 2 })
      await live.until(({ state }) => state?.session.title === 'Quays')
      await live.stop()
      await write({ inputTokens: 50, outputTokens: 9 })
      await expect.poll(() => app.caller.sessions.get({ id })).toMatchObject({ summary: 'Quays' })
      const all = { inputTokens: 157, outputTokens: 32, cachedInputTokens: 2, runs: 1 }
      const { total, models } = await app.caller.usage.summary({ sessionId: id })
      expect(total).toMatchObject(all)
      expect(models).toMatchObject([{ model: 'small', ...all }])
      expect(await app.caller.usage.daily({})).toMatchObject([{ model: 'small', ...all }])
      const from = new Date(Date.now() + 60_000).toISOString()
      expect(await app.caller.usage.daily({ from })).toEqual([])
      await app.caller.sessions.delete({ id })
      expect(await app.caller.usage.daily({})).toEqual([])
    })

    test('of nothing is zero, at a cost that is not known', async () => {
      await using storage = await openStorage()
      await using app = await startTestApp(storage)
      const nothing = { inputTokens: 0, outputTokens: 0, costUsd: null, runs: 0 }
      expect(await app.caller.usage.summary({})).toMatchObject({ models: [], total: nothing })
      expect(await app.caller.usage.daily({})).toEqual([])
    })

    test('of a zone that the database does not know is no error of the server', async () => {
      await using storage = await openStorage()
      await using app = await startTestApp(storage)
      const { id: userId } = await app.caller.me()
      const { db } = app.services.database
      const { id: sessionId } = await app.caller.sessions.create({})
      app.model.plan('Here.')
      await app.caller.messages.send({ sessionId, text: 'Where?' })
      // A step that is recorded is in both.
      const days = () => sumUsageByDay(db, { userId, timeZone: 'UTC' })
      await expect.poll(days).toHaveLength(1)
      expect(await sumAnswers(db, { userId, timeZone: 'UTC', by: 'day' })).toHaveLength(1)
      const timeZone = 'Nowhere/Town'
      expect(await sumAnswers(db, { userId, timeZone, by: 'day' })).toBeNull()
      expect(await sumUsageByDay(db, { userId, timeZone })).toBeNull()
    })

    test('falls on the days of the zone that is asked for, from a moment on and before another', async () => {
      await using storage = await openStorage()
      let now = '2026-03-28T22:30:00.000Z'
      await using app = await startTestApp({ ...storage, clock: () => Date.parse(now) })
      const { id } = await app.caller.sessions.create({ model: 'small' })
      await answer(app, id, { inputTokens: 1, outputTokens: 0 })
      now = '2026-03-28T23:30:00.000Z'
      await answer(app, id, { inputTokens: 2, outputTokens: 0 })
      // In Berlin this is the day on which clocks go forward: its midnights are 23:00 and 22:00 UTC.
      now = '2026-03-29T22:30:00.000Z'
      await answer(app, id, { inputTokens: 4, outputTokens: 0 })
      const days = async (input: Parameters<typeof app.caller.usage.daily>[0]) =>
        (await app.caller.usage.daily(input)).map(({ day, inputTokens }) => [day, inputTokens])
      expect(await days({})).toEqual([
        ['2026-03-28', 3],
        ['2026-03-29', 4],
      ])
      expect(await days({ timeZone: 'Europe/Berlin' })).toEqual([
        ['2026-03-28', 1],
        ['2026-03-29', 2],
        ['2026-03-30', 4],
      ])
      expect(await days({ timeZone: 'Asia/Kathmandu' })).toEqual([
        ['2026-03-29', 3],
        ['2026-03-30', 4],
      ])
      expect(
        await days({ from: '2026-03-28T23:30:00Z', to: '2026-03-30T00:30:00.000+02:00' }),
      ).toEqual([['2026-03-28', 2]])
      for (const timeZone of ['Mars/Olympus', '+02:00', 'UTC-3', '', "x'; --"]) {
        for (const query of [app.caller.usage.daily, app.caller.usage.summary]) {
          await expect(query({ timeZone })).rejects.toMatchObject({
            code: 'BAD_REQUEST',
            message: expect.stringMatching(/Europe\/Berlin/),
          })
        }
      }
      await expect(
        app.caller.usage.summary({ from: '0000-12-31T00:00:00Z' }),
      ).rejects.toMatchObject({ code: 'BAD_REQUEST', message: expect.stringMatching(/year 1/) })
      const all = { from: '0001-01-01T00:00:00+14:00', to: '9999-12-31T23:59:59-14:00' }
      expect(await days(all)).toHaveLength(2)
      await expect(app.caller.usage.summary({ from: 'yesterday' })).rejects.toMatchObject({
        code: 'BAD_REQUEST',
      })
      await expect(
        app.caller.usage.summary({ sessionId: crypto.randomUUID() }),
      ).rejects.toMatchObject({ code: 'NOT_FOUND' })
    })

    test('is a plain GET as well', async () => {
      await using storage = await openStorage()
      await using app = await startTestApp(storage)
      const { id } = await app.caller.sessions.create({ model: 'small' })
      await answer(app, id, { inputTokens: 5, outputTokens: 6 })
      const url = await app.listen()
      const daily = await fetch(`${url}/api/usage/daily?timeZone=America/New_York`)
      expect(await daily.json()).toMatchObject([{ model: 'small', inputTokens: 5, runs: 1 }])
      const summary = await fetch(`${url}/api/usage/summary?sessionId=${id}`)
      expect(await summary.json()).toMatchObject({ total: { outputTokens: 6 } })
      expect((await fetch(`${url}/api/usage/daily?timeZone=Nowhere`)).status).toBe(400)
    })
  })
})

type Used = {
  inputTokens: number
  outputTokens: number
  cachedInputTokens?: number
  reasoningTokens?: number
}

/** One question, answered with this usage after `calls` steps that call a tool (10 input and 5 output tokens each). */
async function answer(app: TestApp, sessionId: string, usage: Used, { calls = 0 } = {}) {
  await app.caller.messages.send({ sessionId, text: 'What?' })
  for (let step = 0; step < calls; step += 1) {
    const asking = await app.model.nextCall()
    asking.callTools({ name: 'calculate', arguments: { expression: '1+1' } })
  }
  const call = await app.model.nextCall()
  call.say('This')
  call.push({ type: 'usage', usage }, { type: 'finish', finish: 'stop' })
  await expect
    .poll(() => app.caller.sessions.get({ id: sessionId }))
    .toMatchObject({ running: false })
}
