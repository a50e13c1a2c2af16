import process from 'node:process'
import { LLMock } from '@copilotkit/aimock'
import { describe, expect, test } from 'vitest'
import { startDemoModel } from '../../model/demo/start.ts'
import { chatChunk, sse, startScriptedProvider } from '../../model/testing/scripted-provider.ts'
import { startSettledApp } from '../../testing/app.ts'
import { textOf, watch } from '../../testing/clients/watch.ts'
import type { Watcher } from '../../testing/clients/watch.ts'
import { freePort } from '../../../scripts/testing/free-port.ts'

const QUESTION = 'Show the process metrics'

/** A provider by other authors, with a way to look up the requests that reached it. */
type Peer = AsyncDisposable & { baseUrl: string; heard(answer: string): string }

const peers: Record<string, () => Promise<Peer>> = {
  // Implemented by others, so that the tests do not only confirm our own reading of the two APIs.
  aimock: async () => {
    const mock = new LLMock({ port: 0, latency: 20, chunkSize: 8 })
    // The two APIs use different field names.
    const usage = { prompt_tokens: 12, completion_tokens: 7, input_tokens: 12, output_tokens: 7 }
    mock.on(
      { userMessage: 'process metrics', hasToolResult: true },
      { content: 'The process is well, thank you; it is up and has room to grow.', usage },
    )
    mock.onMessage('process metrics', {
      toolCalls: [{ name: 'get_system_metrics', arguments: '{"metric_type":"process"}' }],
      usage,
    })
    await mock.start()
    return {
      baseUrl: `${mock.url}/v1`,
      heard: () => JSON.stringify(mock.getRequests().map(({ body }) => body)),
      [Symbol.asyncDispose]: () => mock.stop(),
    }
  },
  // Its answers mention the results of its tools, so they show what it was sent.
  'the demo model as an outside server': async () => {
    const demo = await startDemoModel({ tokensPerSecond: 300 })
    return {
      baseUrl: demo.baseUrl,
      heard: (answer) => answer,
      [Symbol.asyncDispose]: () => demo.close(),
    }
  },
}

describe.each(Object.entries(peers))('%s behind OPENAI_BASE_URL', (_name, startPeer) => {
  test.each(['chat', 'responses'])(
    'calls our tool through %s, is told the result, and streams its answer to a completed end with usage',
    async (api) => {
      await using peer = await startPeer()
      await using app = await startSettledApp({ OPENAI_BASE_URL: peer.baseUrl, OPENAI_API: api })
      const health = await fetch(`${await app.listen()}/health`)
      expect(await health.json()).toMatchObject({ status: 'ok', model: 'compatible' })

      await using live = await ask(app, QUESTION)
      const end = await live.untilEvent('end')
      expect(end).toMatchObject({ outcome: 'completed', finish: 'stop', error: null })
      expect(end.usage?.inputTokens).toBeGreaterThan(0)
      expect(end.usage?.outputTokens).toBeGreaterThan(0)

      const calls = live.events.flatMap(({ event }) => (event.type === 'tool' ? [event.call] : []))
      expect(new Set(calls.map(({ id }) => id)).size).toBe(1)
      expect(calls.at(-1)).toMatchObject({
        name: 'get_system_metrics',
        source: 'builtin',
        status: 'completed',
        input: { metric_type: 'process' },
        output: { pid: process.pid, node_version: process.version },
      })
      const text = textOf(live.state, end.messageId)
      expect(peer.heard(text)).toContain(process.version)
      expect(peer.heard(text)).toContain(String(process.pid))
      const chunks = live.events.flatMap(({ event }) => (event.type === 'chunk' ? [event] : []))
      expect(chunks.length).toBeGreaterThan(1)
      expect(chunks.map((chunk) => chunk.text).join('')).toBe(text)
    },
  )
})

describe('an outside provider', () => {
  test.each([
    ['chat', sse(chatChunk({ content: 'One, two' }))],
    ['responses', responseBeginning('One, two')],
  ])(
    'is left within a second of a stop, and the text through %s stays (P9)',
    async (api, beginning) => {
      await using provider = await startScriptedProvider([{ body: [beginning], ending: 'hold' }])
      await using app = await startSettledApp({
        OPENAI_BASE_URL: provider.baseUrl,
        OPENAI_API: api,
      })
      await using live = await ask(app, 'Count for ever')
      await live.untilEvent('chunk')
      const request = provider.requests[0]
      expect(request?.aborted).toBe(false)
      const stoppedAt = performance.now()
      expect(await app.caller.runs.stop({ sessionId: sessionOf(live) })).toEqual({ stopped: true })
      await request?.over
      expect(performance.now() - stoppedAt).toBeLessThan(1_000)
      expect(request?.aborted).toBe(true)
      const end = await live.untilEvent('end')
      expect(end).toMatchObject({ outcome: 'stopped', error: null })
      expect(textOf(live.state, end.messageId)).toBe('One, two')
      expect(provider.requests).toHaveLength(1)
    },
  )

  test.each(['chat', 'responses'])(
    'that does not accept the key through %s ends the run as provider_auth, and the key is not repeated (P13)',
    async (api) => {
      const mock = new LLMock({ port: 0, auth: { apiKeys: ['sk-the-right-key-0123456789'] } })
      mock.onMessage('Hello', { content: 'Hi' })
      await mock.start()
      try {
        await using app = await startSettledApp({
          OPENAI_BASE_URL: `${mock.url}/v1`,
          OPENAI_API: api,
          OPENAI_API_KEY: 'sk-a-wrong-key-0123456789',
        })
        await using live = await ask(app, 'Hello')
        const { outcome, error } = await live.untilEvent('end')
        expect({ outcome, error }).toMatchObject({
          outcome: 'failed',
          error: { code: 'provider_auth', retryable: false },
        })
        expect(error?.message).toMatch(/does not accept the API key: check OPENAI_API_KEY\.$/)
        expect(JSON.stringify(live.events)).not.toContain('sk-')
      } finally {
        await mock.stop()
      }
    },
  )

  test.each(['chat', 'responses'])(
    'that nobody runs, asked through %s, ends the run as provider_unreachable and says where it looked (P13)',
    async (api) => {
      const port = await freePort()
      await using app = await startSettledApp({
        OPENAI_BASE_URL: `http://127.0.0.1:${port}/v1`,
        OPENAI_API: api,
      })
      await using live = await ask(app, 'Hello')
      const { outcome, error } = await live.untilEvent('end')
      expect(outcome).toBe('failed')
      expect(error).toEqual({
        code: 'provider_unreachable',
        message:
          `The model server at 127.0.0.1:${port} cannot be reached (nothing listens there). ` +
          'Check that it is running and that OPENAI_BASE_URL is right.',
        retryable: true,
      })
      expect(live.state?.session.running).toBe(false)
    },
  )
})

/** Sends a message into a new session, and watches the session from before that. */
async function ask(
  app: Awaited<ReturnType<typeof startSettledApp>>,
  text: string,
): Promise<Watcher> {
  const { id } = await app.caller.sessions.create({})
  const live = watch(app.caller, id)
  await live.untilEvent('snapshot')
  await app.caller.messages.send({ sessionId: id, text })
  return live
}

function sessionOf({ state }: Watcher): string {
  if (!state) throw new Error('nothing was read yet')
  return state.session.id
}

/** The first events of a text in the Responses API. */
function responseBeginning(text: string): string {
  const response = { id: 'resp_1', object: 'response', model: 'scripted', output: [] }
  const item = { id: 'msg_1', type: 'message', role: 'assistant', content: [] }
  const place = { output_index: 0, item_id: 'msg_1', content_index: 0 }
  return sse(
    { type: 'response.created', sequence_number: 0, response },
    { type: 'response.output_item.added', sequence_number: 1, output_index: 0, item },
    { type: 'response.output_text.delta', sequence_number: 2, ...place, delta: text },
  )
}
