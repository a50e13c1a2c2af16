import { describe, expect, test } from 'vitest'
import { createModelCatalog } from './catalog.ts'
import { createPrices } from './prices.ts'
import { refusal, scriptedPort } from '../testing/scripted-port.ts'
import type { ScriptedReply } from '../testing/scripted-provider.ts'
import { readUsage } from '../usage.ts'

const listed = (...data: object[]): ScriptedReply => ({
  headers: { 'content-type': 'application/json' },
  body: [JSON.stringify({ data })],
})

async function catalogOf(replies: ScriptedReply[], contextWindow: number | null = null) {
  const scripted = await scriptedPort(replies)
  let now = 0
  const catalog = createModelCatalog({
    port: scripted.port,
    prices: createPrices(null),
    defaultModel: 'mine',
    contextWindow,
    clock: () => now,
  })
  const pass = (minutes: number) => {
    now += minutes * 60_000
  }
  return { ...scripted, catalog, pass }
}

describe('the models that are offered', () => {
  test('are asked of the endpoint once in a while, and always include the default one', async () => {
    await using scripted = await catalogOf([listed({ id: 'a' }), listed({ id: 'mine' })])
    const { catalog, provider, pass } = scripted
    expect(await catalog.list()).toEqual([{ id: 'mine' }, { id: 'a' }])
    pass(4)
    expect(await catalog.list()).toHaveLength(2)
    expect(provider.requests).toHaveLength(1)
    pass(2)
    expect(await catalog.list()).toEqual([{ id: 'mine' }])
  })

  test.each([
    ['404', refusal(404, { message: 'not found' })],
    ['405', refusal(405, {})],
    ['a web page', { headers: { 'content-type': 'text/html' }, body: ['<html>Hi</html>'] }],
  ])('are the default one where the endpoint has no list (%s)', async (_name, reply) => {
    await using scripted = await catalogOf([reply])
    expect(await scripted.catalog.list()).toEqual([{ id: 'mine' }])
  })

  test('cannot be told when the endpoint fails, but soon after they can', async () => {
    await using scripted = await catalogOf([refusal(401, { message: 'no' }), listed({ id: 'a' })])
    await expect(scripted.catalog.list()).rejects.toMatchObject({
      error: { code: 'provider_auth' },
    })
    scripted.pass(1)
    expect(await scripted.catalog.list()).toHaveLength(2)
  })
})

test('whether a model sees pictures is what its endpoint says, in either way, and nothing where it says nothing', async () => {
  const models = listed(
    { id: 'a', architecture: { input_modalities: ['text', 'image'] } },
    { id: 'b', architecture: { input_modalities: ['text'] } },
    { id: 'c', capabilities: { vision: true } },
    { id: 'd' },
  )
  await using scripted = await catalogOf([models])
  const seen = (await scripted.catalog.list()).map(({ id, sees }) => [id, sees])
  expect(Object.fromEntries(seen)).toMatchObject({ a: true, b: false, c: true, d: undefined })
})

describe('how much a model reads', () => {
  test('is what the endpoint says, less what the model refused, and no more than the settings allow', async () => {
    const models = listed({ id: 'a', context_length: 32_000 }, { id: 'b' })
    await using free = await catalogOf([models])
    expect(await free.catalog.contextWindow('a')).toBe(32_000)
    expect(await free.catalog.contextWindow('b')).toBeNull()
    free.catalog.learnContextWindow('a', 30_000)
    free.catalog.learnContextWindow('a', 31_000)
    expect(await free.catalog.contextWindow('a')).toBe(30_000)
    await using limited = await catalogOf([models], 8_000)
    expect(await limited.catalog.contextWindow('a')).toBe(8_000)
    expect(await limited.catalog.contextWindow('b')).toBe(8_000)
  })

  test('does not wait for an endpoint that says nothing', async () => {
    await using scripted = await catalogOf([{ answers: false }])
    const began = performance.now()
    expect(await scripted.catalog.contextWindow('a')).toBeNull()
    expect(performance.now() - began).toBeLessThan(4_000)
  })
})

test('what a provider says that a step cost counts before the table, where it is known to mean dollars', async () => {
  const usage = { prompt_tokens: 10, completion_tokens: 5, cost: 0.25 }
  const told = readUsage(usage, 'chat', 'openrouter.ai')
  expect(told).toEqual({ inputTokens: 10, outputTokens: 5, costUsd: 0.25 })
  expect(readUsage(usage, 'chat', 'gateway.example.com')).toEqual({
    inputTokens: 10,
    outputTokens: 5,
  })
  await using scripted = await catalogOf([listed()])
  expect(told && (await scripted.catalog.cost('mine', told))).toBe(0.25)
})

describe('prices', () => {
  const million = { inputTokens: 1_000_000, outputTokens: 1_000_000 }
  test('are known by address and model, with cached tokens cheaper', async () => {
    const prices = createPrices('https://api.openai.com/v1')
    expect(await prices.cost('gpt-4o-mini', million)).toBeCloseTo(0.75)
    expect(
      await prices.cost('gpt-4o-mini', { ...million, cachedInputTokens: 1_000_000 }),
    ).toBeCloseTo(0.675)
    expect(await prices.contextWindow('gpt-4o-mini')).toBe(128_000)
    expect(
      await createPrices('https://openrouter.ai/api/v1').cost('openai/gpt-4o-mini', million),
    ).toBeCloseTo(0.75)
  })

  test('of sound are those of sound, by tokens or by the hour', async () => {
    const prices = createPrices('https://api.openai.com/v1', 'sound')
    expect(await prices.cost('gpt-4o-mini-transcribe', million)).toBeCloseTo(8)
    const hour = { inputTokens: 36_000, outputTokens: 0 }
    expect(await prices.cost('whisper-1', hour)).toBeCloseTo(0.36)
    expect(await prices.cost('no-such-model', hour)).toBeNull()
  })

  test.each([
    ['https://api.openai.com/v1', 'no-such-model'],
    ['http://127.0.0.1:11434/v1', 'gpt-4o-mini'],
    ['http://localhost:1234/v1', 'gpt-4o-mini'],
    ['https://models.example.com/v1', 'gpt-4o-mini'],
    [null, 'gpt-4o-mini'],
  ])('that nobody knows are null, and never 0: %s %s', async (baseUrl, model) => {
    const prices = createPrices(baseUrl)
    expect(await prices.cost(model, million)).toBeNull()
    expect(await prices.contextWindow(model)).toBeNull()
  })
})
