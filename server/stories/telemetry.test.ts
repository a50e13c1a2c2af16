import { createServer } from 'node:http'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { json } from 'node:stream/consumers'
import { expect, test } from 'vitest'
import { z } from 'zod'
import { createModelPort } from '../model/create.ts'
import { traceFetch } from '../telemetry/traced.ts'
import { startTestApp } from '../testing/app.ts'
import { askFirst } from '../testing/ask-first.ts'
import { watch } from '../testing/clients/watch.ts'
import { listenOnLoopback } from '../../scripts/testing/loopback.ts'

const Attributes = z.array(z.object({ key: z.string(), value: z.record(z.string(), z.unknown()) }))
const Span = z.object({
  traceId: z.string(),
  spanId: z.string(),
  parentSpanId: z.string().optional(),
  name: z.string(),
  attributes: Attributes,
})
const Traces = z.object({
  resourceSpans: z.array(
    z.object({
      resource: z.object({ attributes: Attributes }),
      scopeSpans: z.array(z.object({ spans: z.array(Span) })),
    }),
  ),
})
type Span = z.infer<typeof Span>

/** A collector on this machine that keeps everything it receives. */
async function startCollector() {
  const spans: Span[] = []
  const bodies: string[] = []
  const take = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const body: unknown = await json(request)
    bodies.push(`${request.url} ${JSON.stringify(body)}`)
    if (request.url === '/v1/traces') {
      for (const { scopeSpans } of Traces.parse(body).resourceSpans) {
        spans.push(...scopeSpans.flatMap((scope) => scope.spans))
      }
    }
    response.setHeader('content-type', 'application/json')
    response.end('{}')
  }
  const server = createServer((request, response) => void take(request, response))
  const { url } = await listenOnLoopback(server)
  return {
    spans,
    bodies,
    url,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections()
      server.close()
    },
  }
}

const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736'

test('a request is followed to its run, steps, model calls, tools and commits, and nothing that anybody said is told', async () => {
  await using collector = await startCollector()
  const env = { OTEL_EXPORTER_OTLP_ENDPOINT: collector.url, SYSTEM_PROMPT: 'canary-prompt' }
  {
    await using app = await startTestApp({ env, tools: [askFirst] })
    const url = await app.listen()
    const { id } = await app.caller.sessions.create({ title: 'canary-title' })
    await using reader = watch(app.caller, id)
    await reader.untilEvent('snapshot')
    const sent = await fetch(`${url}/api/session/${id}/messages`, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        traceparent: `00-${TRACE}-00f067aa0ba902b7-01`,
      },
      body: JSON.stringify({ text: 'canary-question' }),
    })
    expect(sent.status).toBe(200)
    const first = await app.model.nextCall()
    first.callTools(
      { name: 'get_system_metrics', arguments: { metric_type: 'uptime' } },
      { name: 'canary_tool', arguments: { canary: 'canary-argument' } },
    )
    const second = await app.model.nextCall()
    second.say('canary-answer')
    second.finish()
    await reader.untilEvent('end')
    await expect(app.caller.sessions.get({ id: 'canary-id' })).rejects.toThrow()
  }
  // The last spans are sent at the end.
  const named = (name: string) => collector.spans.filter((span) => span.name === name)
  const [request] = named('messages.send')
  const [run] = named('invoke_agent throughline')
  expect(request).toMatchObject({ traceId: TRACE, parentSpanId: '00f067aa0ba902b7' })
  expect(run).toMatchObject({ traceId: TRACE, parentSpanId: request?.spanId })
  const steps = named('step')
  expect(steps.map(({ parentSpanId }) => parentSpanId)).toEqual([run?.spanId, run?.spanId])
  const calls = collector.spans.filter(({ name }) => name.startsWith('chat '))
  expect(calls.map(({ parentSpanId }) => parentSpanId)).toEqual(steps.map(({ spanId }) => spanId))
  expect(calls[0]?.attributes).toContainEqual({
    key: 'gen_ai.usage.input_tokens',
    value: { intValue: 10 },
  })
  expect(named('execute_tool get_system_metrics')).toMatchObject([{ parentSpanId: run?.spanId }])
  const parents = named('commit').map(({ parentSpanId }) => parentSpanId)
  expect(parents).toEqual(expect.arrayContaining([request?.spanId, run?.spanId]))
  // One span has the number of events that a reader got, instead of a span for each event.
  expect(named('delivery')).toMatchObject([{ traceId: TRACE }])
  const delivered = Object.fromEntries(
    named('delivery')[0]?.attributes.map(({ key, value }) => [key, Object.values(value)[0]]) ?? [],
  )
  expect(delivered).toMatchObject({
    'throughline.delivery.readers': 1,
    'throughline.delivery.outcome': 'ended',
  })
  expect(Number(delivered['throughline.delivery.events'])).toBeGreaterThan(4)
  const all = collector.bodies.join('\n')
  expect(all).toContain('gen_ai.client.token.usage')
  expect(all).toContain('throughline.commit.duration')
  expect(all).not.toContain('canary')
})

test('a provider is told of the trace where that is allowed, and nowhere else', async () => {
  const asked: (string | null)[] = []
  const telemetry = {
    within: () => Promise.reject(new Error('not here')),
    record: () => undefined,
    traceparent: () => `00-${TRACE}-00f067aa0ba902b7-01`,
    close: async () => undefined,
  }
  const answer: typeof fetch = async (_input, init) => {
    asked.push(new Headers(init?.headers).get('traceparent'))
    return Response.json({ data: [] })
  }
  for (const hosts of [['models.example.com'], ['models.example.com:8443'], ['example.com'], []]) {
    const port = createModelPort({
      apiKey: 'key',
      baseUrl: 'https://models.example.com:8443/v1',
      api: 'chat',
      timeoutSeconds: 5,
      idleTimeoutSeconds: 5,
      fetch: traceFetch(answer, hosts, telemetry),
    })
    await port.list()
  }
  expect(asked).toEqual([telemetry.traceparent(), telemetry.traceparent(), null, null])
})
