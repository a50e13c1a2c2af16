import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createModelPort } from './create.ts'
import { collect, stepOf } from './testing/collect.ts'
import { hostileReply, hostileScripts } from './testing/hostile-scripts.ts'
import type { HostileScript } from './testing/hostile-scripts.ts'
import { chatChunk, DONE, sse, startScriptedProvider } from './testing/scripted-provider.ts'
import type { ScriptedProvider, ScriptedReply } from './testing/scripted-provider.ts'
import { chatCalls, textDelta } from './testing/wire-events.ts'

const SECONDS = 0.15

describe.each(['chat', 'responses'] as const)('a hostile provider through %s', (api) => {
  let provider: ScriptedProvider
  const replies = new Map<string, ScriptedReply>()
  beforeAll(async () => {
    provider = await startScriptedProvider(
      ({ body }) => replies.get(/script-\d+/.exec(JSON.stringify(body))?.[0] ?? '') ?? {},
    )
  })
  afterAll(() => provider.close())

  test('cannot make a step hang past its timers, end twice, or end well without content', async () => {
    let count = 0
    const property = async (script: HostileScript): Promise<void> => {
      const name = `script-${(count += 1)}`
      replies.set(name, hostileReply(script))
      const port = createModelPort({
        baseUrl: provider.baseUrl,
        api,
        timeoutSeconds: SECONDS,
        idleTimeoutSeconds: SECONDS,
        random: () => 0,
      })
      const began = performance.now()
      const step = await collect(port, stepOf('hi', { model: name }))
      // The longest possible time: three tries that each wait for a first token, two pauses, and every piece as late as
      // allowed.
      const longest = 3 * SECONDS + 1.5 + (script.delays.length + script.cuts.length) * SECONDS + 3
      expect(performance.now() - began).toBeLessThan(longest * 1000)
      const endings = step.deltas.filter(({ type }) => type === 'finish' || type === 'error')
      expect(endings).toEqual([step.ending])
      if (step.ending?.type === 'finish' && step.ending.finish !== 'content-filter') {
        expect((step.text + step.refusal).trim() !== '' || step.calls.length > 0).toBe(true)
      }
      if (step.ending?.type === 'error') expect(step.ending.error.message).toMatch(/\w{3}/)
      for (const delta of step.deltas) {
        if ('text' in delta) expect(delta.text.isWellFormed()).toBe(true)
        if (delta.type === 'usage') {
          expect(Object.values(delta.usage).every((tokens) => Number.isSafeInteger(tokens))).toBe(
            true,
          )
        }
      }
    }
    // The scripts run side by side, because they mostly wait. A failure prints the seed with which to repeat it.
    const seed = Number(process.env.HOSTILE_SEED ?? 20_261)
    await Promise.all(
      Array.from({ length: 12 }, (_, lane) =>
        fc.assert(fc.asyncProperty(hostileScripts(api), property), {
          seed: seed + lane,
          numRuns: 15,
        }),
      ),
    )
  })

  test('cannot go on for ever: an answer beyond all measure is cut as too long, and its text stays', async () => {
    const flood = 'x'.repeat(50_000)
    const line = api === 'chat' ? sse(chatChunk({ content: flood })) : sse(textDelta(flood))
    replies.set('script-0', { body: Array.from({ length: 40 }, () => line), ending: 'hold' })
    const port = createModelPort({
      baseUrl: provider.baseUrl,
      api,
      timeoutSeconds: 5,
      idleTimeoutSeconds: 5,
    })
    const step = await collect(port, stepOf('hi', { model: 'script-0' }))
    expect(step.ending).toEqual({ type: 'finish', finish: 'length' })
    expect(step.text.length).toBeGreaterThanOrEqual(200_000)
    expect(step.text.length).toBeLessThan(300_000)
  })
})

test('calls without end are not carried out', async () => {
  const calls = Array.from({ length: 300 }, (_, index) =>
    chatCalls({ index, id: `call-${index}`, name: 'add', args: '{}' }),
  )
  await using provider = await startScriptedProvider([{ body: [sse(...calls), DONE] }])
  const port = createModelPort({
    baseUrl: provider.baseUrl,
    api: 'chat',
    timeoutSeconds: 5,
    idleTimeoutSeconds: 5,
  })
  const step = await collect(port, stepOf('hi'))
  expect(step.ending).toEqual({ type: 'finish', finish: 'length' })
})

describe('what a hostile provider names', () => {
  test('is fit to be stored and sent back: no NUL, no half characters', async () => {
    const call = {
      index: 0,
      id: 'id\u0000\ud83d',
      name: 'na\u0000me\ud83d',
      args: '{"a":"\u0000"}',
    }
    await using provider = await startScriptedProvider([
      { body: [sse(chatChunk({}, null, { model: 'm\u0000\ud83d' }), chatCalls(call)), DONE] },
    ])
    const port = createModelPort({
      baseUrl: provider.baseUrl,
      api: 'chat',
      timeoutSeconds: 5,
      idleTimeoutSeconds: 5,
    })
    const step = await collect(port, stepOf('hi'))
    const said = step.deltas.flatMap((delta) =>
      delta.type === 'tool' ? Object.values(delta) : delta.type === 'start' ? [delta.model] : [],
    )
    expect(said.every((value) => !/[\0\ud800-\udfff]/.test(String(value)))).toBe(true)
    expect(step.calls).toHaveLength(1)
  })
})
