import fc from 'fast-check'
import { expect, test } from 'vitest'
import { hostileReply, hostileScripts } from '../../model/testing/hostile-scripts.ts'
import { chatAnswer, sse, startScriptedProvider } from '../../model/testing/scripted-provider.ts'
import type { ScriptedReply } from '../../model/testing/scripted-provider.ts'
import { completed, textDelta } from '../../model/testing/wire-events.ts'
import { startSettledApp } from '../../testing/app.ts'

const RUNS = 30

test.each(['chat', 'responses'] as const)(
  'whatever a provider does through %s, each run ends once, in time, and never well without content (P9, P13)',
  async (api) => {
    // Half of the cases have a known seed, half a new one.
    const scripts = [20_262, Number(process.env.SEED ?? Date.now() % 1_000_000)].flatMap((seed) =>
      fc.sample(hostileScripts(api), { numRuns: RUNS / 2, seed }),
    )
    const replies = new Map<string, ScriptedReply>(
      scripts.map((script, number) => [`script-${number}`, hostileReply(script)]),
    )
    await using provider = await startScriptedProvider(
      ({ body }) => replies.get(/script-\d+/.exec(JSON.stringify(body))?.[0] ?? '') ?? {},
    )
    await using app = await startSettledApp({
      OPENAI_BASE_URL: provider.baseUrl,
      OPENAI_API: api,
      LLM_TIMEOUT: '1',
      LLM_IDLE_TIMEOUT: '1',
      RUN_MAX_STEPS: '2',
    })
    const sessions = await Promise.all(
      [...replies.keys()].map(async (model) => {
        const { id } = await app.caller.sessions.create({ model })
        await app.caller.messages.send({ sessionId: id, text: 'Hello' })
        return { id, model }
      }),
    )
    for (const { id, model } of sessions) {
      await expect
        .poll(() => app.caller.sessions.get({ id }), { timeout: 60_000, message: model })
        .toMatchObject({ running: false })
    }

    for (const { id, model } of sessions) {
      const { events } = await app.caller.sessions.log({ id, limit: 1_000 })
      const ends = events.flatMap(({ event }) => (event.type === 'end' ? [event] : []))
      expect(ends, model).toHaveLength(1)
      const [end] = ends
      const { messages } = await app.caller.messages.list({ sessionId: id })
      const answer = messages.at(-1)
      expect(answer, model).toMatchObject({ role: 'assistant', status: end?.outcome })
      if (end?.outcome === 'completed' && end.finish !== 'content-filter') {
        const content = answer?.parts.filter(
          (part) =>
            part.type === 'tool' ||
            ('text' in part && part.type !== 'reasoning' && part.text.trim() !== ''),
        )
        expect(content, model).not.toEqual([])
      } else {
        expect(end?.error?.message, model).toMatch(/\w{3}/)
      }
    }

    // The server still works: a valid answer is accepted.
    const good = api === 'chat' ? chatAnswer('Hi') : sse(textDelta('Hi')) + completed()
    replies.set(`script-${RUNS}`, { body: [good] })
    const { id } = await app.caller.sessions.create({ model: `script-${RUNS}` })
    await app.caller.messages.send({ sessionId: id, text: 'Hello' })
    await expect
      .poll(() => app.caller.messages.list({ sessionId: id }))
      .toMatchObject({ messages: [{}, { status: 'completed', parts: [{ text: 'Hi' }] }] })
  },
  180_000,
)
