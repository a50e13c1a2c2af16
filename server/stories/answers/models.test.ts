import { describe, expect, test } from 'vitest'
import { startSettledApp } from '../../testing/app.ts'
import { refusal } from '../../model/testing/scripted-port.ts'
import { chatAnswer, startScriptedProvider } from '../../model/testing/scripted-provider.ts'
import type { ScriptedReply, ScriptedRequest } from '../../model/testing/scripted-provider.ts'
import { watch } from '../../testing/clients/watch.ts'

type App = Awaited<ReturnType<typeof startSettledApp>>

const models: ScriptedReply = {
  headers: { 'content-type': 'application/json' },
  body: [JSON.stringify({ data: [{ id: 'small' }, { id: 'large', context_length: 64_000 }] })],
}

async function start(reply: (request: ScriptedRequest) => ScriptedReply, api = 'chat') {
  const provider = await startScriptedProvider(reply)
  const app = await startSettledApp({
    OPENAI_BASE_URL: provider.baseUrl,
    OPENAI_API: api,
    LLM_MODEL: 'small',
  })
  const close = async () => {
    await app.close()
    await provider.close()
  }
  return { app, provider, [Symbol.asyncDispose]: close }
}

const modelOf = ({ body }: ScriptedRequest): unknown =>
  typeof body === 'object' && body !== null && 'model' in body ? body.model : undefined

describe('the choice of a model', () => {
  test('is the endpoint’s offer, then the session’s, then that of one regenerated answer', async () => {
    await using started = await start(({ path }) =>
      path.endsWith('/models') ? models : { body: [chatAnswer('Hi')] },
    )
    const { app, provider } = started
    expect(await app.caller.models.list()).toEqual([
      { id: 'small', default: true },
      { id: 'large', default: false, contextWindow: 64_000 },
    ])
    const { id } = await app.caller.sessions.create({ model: 'large' })
    const first = await answerOf(app, id, () =>
      app.caller.messages.send({ sessionId: id, text: 'Hello' }),
    )
    expect(first).toMatchObject({ model: 'large', status: 'completed' })
    const second = await answerOf(app, id, () =>
      app.caller.messages.regenerate({ id: first?.id ?? '', model: 'small' }),
    )
    expect(second).toMatchObject({ model: 'small', siblings: { index: 1, count: 2 } })
    await app.caller.sessions.update({ id, model: null })
    await answerOf(app, id, () => app.caller.messages.send({ sessionId: id, text: 'And?' }))
    // Requests for titles have no tools.
    const asked = provider.requests.filter(
      ({ path, body }) =>
        path.endsWith('/chat/completions') && JSON.stringify(body).includes('tools'),
    )
    expect(asked.map(modelOf)).toEqual(['large', 'small', 'small'])
    expect(provider.requests.filter(({ path }) => path.endsWith('/models'))).toHaveLength(1)
  })

  test('is the configured model alone where the endpoint has no list', async () => {
    await using started = await start(() => refusal(404, { message: 'no such page' }))
    expect(await started.app.caller.models.list()).toEqual([{ id: 'small', default: true }])
  })

  test.each([
    ['chat', refusal(404, { message: 'model "typo" not found, try pulling it first' })],
    ['chat', refusal(400, { message: 'typo is not a valid model ID', code: 400 })],
    [
      'responses',
      refusal(400, {
        message: "The requested model 'typo' does not exist.",
        code: 'model_not_found',
        param: 'model',
      }),
    ],
  ])('that is wrong is named in the error (%s)', async (api, reply) => {
    await using started = await start(() => reply, api)
    const { app } = started
    const { id } = await app.caller.sessions.create({ model: 'typo' })
    const answer = await answerOf(app, id, () =>
      app.caller.messages.send({ sessionId: id, text: 'Hello' }),
    )
    expect(answer).toMatchObject({
      status: 'failed',
      error: { code: 'bad_request', retryable: false },
    })
    expect(answer?.error?.message).toMatch(/has no model named "typo": choose another/)
  })
})

/** Executes the command and resolves with the resulting answer once it has ended. */
async function answerOf(app: App, id: string, command: () => Promise<unknown>) {
  const { seq } = await app.caller.sessions.get({ id })
  await using live = watch(app.caller, id)
  await live.untilEvent('snapshot')
  await command()
  await live.until(({ events }) =>
    events.some(({ seq: at, event }) => event.type === 'end' && at > seq),
  )
  const end = await live.untilEvent('end')
  const { messages } = await app.caller.messages.list({ sessionId: id })
  return messages.find((message) => message.id === end.messageId)
}
