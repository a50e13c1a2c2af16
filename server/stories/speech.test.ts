import { readdir } from 'node:fs/promises'
import { createServer, request } from 'node:http'
import type { ClientRequest, IncomingMessage, ServerResponse } from 'node:http'
import { expect, test } from 'vitest'
import { listenOnLoopback } from '../../scripts/testing/loopback.ts'
import { memoryStorage, startTestApp } from '../testing/app.ts'
import type { TestApp } from '../testing/app.ts'
import { startAccounts } from '../testing/clients/people.ts'

type Asked = { path: string; key: string | undefined; body: string }
type Answer = (asked: Asked, response: ServerResponse) => void | Promise<void>

/** A speech service on loopback that answers as the test says. */
async function startService(answer: Answer) {
  const asked: Asked[] = []
  const server = createServer((request: IncomingMessage, response) => {
    void (async () => {
      let body = ''
      for await (const piece of request.setEncoding('latin1')) body += piece
      const one = { path: request.url ?? '', key: request.headers.authorization, body }
      asked.push(one)
      await answer(one, response)
    })()
  })
  const { port } = await listenOnLoopback(server)
  return {
    asked,
    env: { SPEECH_BASE_URL: `http://127.0.0.1:${port}/v1`, SPEECH_API_KEY: 'speech key' },
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections()
      server.close()
    },
  }
}

const event = (data: object): string => `data: ${JSON.stringify(data)}\n\n`
const SOUND = Buffer.from('RIFF a sound')

const transcribe = (url: string, type = 'audio/webm;codecs=opus') =>
  fetch(`${url}/api/speech/transcriptions`, {
    method: 'POST',
    headers: { 'content-type': type },
    body: SOUND,
  })

/** Resolves when no recording is on the disk any more. */
async function untilForgotten({ services }: Pick<TestApp, 'services'>): Promise<void> {
  await expect.poll(() => readdir(services.files.uploads)).toEqual([])
}

test('whose reader goes away leaves no recording behind, and the service is told', async () => {
  const gone = Promise.withResolvers<void>()
  await using service = await startService((_asked, response) => {
    response.once('close', () => gone.resolve())
    response.writeHead(200, { 'content-type': 'text/event-stream' })
    response.write(event({ type: 'transcript.text.delta', delta: 'High ' }))
  })
  await using app = await startTestApp({ env: service.env })
  const response = await transcribe(await app.listen())
  const reader = response.body?.getReader()
  await reader?.read()
  expect(await readdir(app.services.files.uploads)).toHaveLength(1)
  await reader?.cancel()
  await gone.promise
  await untilForgotten(app)
})

test('recordings and files of one person that are on the way are twenty together, until they are over (P12)', async () => {
  await using service = await startService((_asked, response) => {
    response.writeHead(200, { 'content-type': 'application/json' })
    response.end(JSON.stringify({ text: 'High tide' }))
  })
  await using app = await startTestApp({ env: service.env })
  const url = await app.listen()
  const stored = async () => (await readdir(app.services.files.uploads)).length
  const begun: ClientRequest[] = []
  const statuses: (number | undefined)[] = []
  const begin = (path: string) => {
    const headers = { 'content-type': 'audio/webm', 'content-length': '1000' }
    const asked = request(url + path, { method: 'POST', agent: false, headers })
    asked.on('error', () => undefined)
    asked.on('response', (response) => {
      statuses.push(response.statusCode)
      response.resume()
    })
    asked.write(SOUND)
    begun.push(asked)
  }
  for (let count = 0; count < 15; count += 1) begin('/api/speech/transcriptions')
  for (let count = 0; count < 5; count += 1) begin('/api/files')
  await expect.poll(stored).toBe(20)
  begin('/api/speech/transcriptions')
  begin('/api/files')
  await expect.poll(() => statuses).toEqual([429, 429])
  expect(await stored()).toBe(20)
  const refused = await transcribe(url)
  expect(refused.status).toBe(429)
  expect(refused.headers.get('retry-after')).toBe('10')
  // The rest of the body is not read.
  expect(refused.headers.get('connection')).toBe('close')
  for (const asked of begun) asked.destroy()
  await untilForgotten(app)
  // Each that is over makes room for another.
  for (let count = 0; count < 25; count += 1) {
    await expect.poll(async () => (await transcribe(url)).status).toBe(200)
  }
})

test('a recording is written down as the words come', async () => {
  const more = Promise.withResolvers<void>()
  await using service = await startService(async (_asked, response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' })
    response.write(event({ type: 'transcript.text.delta', delta: 'High ' }))
    await more.promise
    response.write(event({ type: 'transcript.text.delta', delta: 'tide 🌊' }))
    response.end(event({ type: 'transcript.text.done', text: 'High tide 🌊' }))
  })
  await using app = await startTestApp({ env: service.env })
  const response = await transcribe(await app.listen())
  const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader()
  expect((await reader?.read())?.value).toBe('High ')
  more.resolve()
  expect((await reader?.read())?.value).toBe('tide 🌊')
  expect((await reader?.read())?.done).toBe(true)
  const [asked] = service.asked
  expect(asked).toMatchObject({ path: '/v1/audio/transcriptions', key: 'Bearer speech key' })
  expect(asked?.body).toContain('filename="recording.webm"')
  expect(asked?.body).toContain('RIFF a sound')
  expect(asked?.body).toContain('gpt-4o-mini-transcribe')
  await untilForgotten(app)
})

test('a service that does not stream is understood too, and what it refuses is said', async () => {
  let status = 200
  await using service = await startService((_asked, response) => {
    response.writeHead(status, { 'content-type': 'application/json' })
    response.end(JSON.stringify(status === 200 ? { text: 'All at once' } : { error: {} }))
  })
  await using app = await startTestApp({ env: service.env })
  const url = await app.listen()
  expect(await (await transcribe(url, 'audio/wav')).text()).toBe('All at once')
  status = 400
  expect((await transcribe(url)).status).toBe(400)
  status = 401
  const refused = await transcribe(url)
  expect(refused.status).toBe(503)
  expect(await refused.text()).toContain('refuses our key')
  const picture = await transcribe(url, 'image/png')
  expect(picture.status).toBe(400)
  expect(await picture.text()).toContain('audio/webm')
  await untilForgotten(app)
})

test('an answer is read aloud from its first sentences on, without its marks', async () => {
  await using service = await startService((asked, response) => {
    response.writeHead(200, { 'content-type': 'audio/mpeg' })
    response.end(`[${(JSON.parse(asked.body) as { input: string }).input}]`)
  })
  await using app = await startTestApp({ env: service.env })
  const url = await app.listen()
  const long = Array.from({ length: 40 }, (_, index) => `The tide number ${index} is high.`)
  const { id: sessionId } = await app.caller.sessions.create({})
  app.model.plan(
    `# Tides\n\n**High** water, see [the *table*](https://example.com).\n\n${long.join(' ')}`,
  )
  await app.caller.messages.send({ sessionId, text: 'Tides?' })
  const answer = async () => (await app.caller.messages.list({ sessionId })).messages.at(-1)
  await expect.poll(async () => (await answer())?.status).toBe('completed')
  const id = (await answer())?.id ?? ''
  const spoken = await fetch(`${url}/api/messages/${id}/speech?voice=verse&speed=1.5`)
  expect(spoken.headers.get('content-type')).toBe('audio/mpeg')
  const audio = await spoken.text()
  expect(audio).toMatch(/^\[Tides\n\nHigh water, see the table\.\n\nThe tide number 0 is high\./)
  expect(audio.match(/\[/g)).toHaveLength(2)
  expect(audio.replaceAll('][', ' ')).toContain(long.join(' '))
  const [first] = service.asked
  expect(JSON.parse(first?.body ?? '')).toMatchObject({
    ...{ voice: 'verse', speed: 1.5, model: 'gpt-4o-mini-tts' },
  })
  expect((await fetch(`${url}/api/messages/${crypto.randomUUID()}/speech`)).status).toBe(404)
  expect((await fetch(`${url}/api/messages/${id}/speech?speed=9`)).status).toBe(400)
})

test('nobody hears what somebody else was told (P10), and without a service it is said', async () => {
  await using storage = await memoryStorage()
  await using app = await startAccounts(storage, { env: { AUTH_SIGNUP: 'open' } })
  await using service = await startService((_asked, response) => void response.end('sound'))
  await using served = await startAccounts(storage, {
    env: { AUTH_SIGNUP: 'open', ...service.env },
  })
  const ada = await served.setUp()
  const bob = await served.signUp('bob@example.com')
  const { body } = await served.ask('/api/session', { token: ada.token, body: {} })
  const { id: sessionId } = body as { id: string }
  served.model.plan('A secret.')
  const sent = await served.ask(`/api/session/${sessionId}/messages`, {
    ...{ token: ada.token, body: { text: 'A secret of Ada' } },
  })
  const { messageId } = sent.body as { messageId: string }
  const path = `/api/messages/${messageId}/speech`
  expect((await served.ask(path, { token: ada.token })).status).toBe(200)
  expect((await served.ask(path, { token: bob.token })).status).toBe(404)
  expect((await served.ask(path)).status).toBe(401)
  // It costs money, so a key that may only read is refused.
  const made = await served.ask('/api/key', {
    ...{ token: ada.token, body: { name: 'reads', scope: 'read' } },
  })
  const { key } = made.body as { key: string }
  expect((await served.ask(path, { token: key })).status).toBe(403)
  const own = await app.setUp('eve@example.com')
  const nothing = await app.ask('/api/speech/transcriptions', {
    ...{ token: own.token, method: 'POST', headers: { 'content-type': 'audio/wav' } },
  })
  expect(nothing).toMatchObject({ status: 501, body: { code: 'NOT_IMPLEMENTED' } })
})

/** Requests to OpenAI's own address, whose prices are known, are answered by a service on loopback. */
function atOpenAi({ env }: { env: Record<string, string> }): Disposable & {
  env: Record<string, string>
} {
  const original = globalThis.fetch
  const official = 'https://api.openai.com/v1'
  globalThis.fetch = (input, init) => {
    const url = input instanceof Request ? input.url : String(input)
    return original(url.replace(official, env.SPEECH_BASE_URL ?? ''), init)
  }
  return {
    env: { ...env, SPEECH_BASE_URL: official },
    [Symbol.dispose]: () => {
      globalThis.fetch = original
    },
  }
}

test('what speech costs counts against the day of all and of each person, and is shown (P15)', async () => {
  await using service = await startService((asked, response) => {
    if (asked.path.endsWith('/speech')) return void response.end('sound')
    response.writeHead(200, { 'content-type': 'text/event-stream' })
    response.write(event({ type: 'transcript.text.delta', delta: 'High tide' }))
    const usage = { type: 'tokens', input_tokens: 100_000, output_tokens: 20_000 }
    response.end(event({ type: 'transcript.text.done', text: 'High tide', usage }))
  })
  using official = atOpenAi(service)
  await using storage = await memoryStorage()
  await using app = await startAccounts(storage, {
    env: {
      ...official.env,
      AUTH_SIGNUP: 'open',
      LIMIT_USD_PER_DAY: '0.7',
      BUDGET_USD_PER_DAY: '1',
    },
  })
  const ada = await app.setUp()
  const record = ({ token }: { token: string }) =>
    fetch(`${app.url}/api/speech/transcriptions`, {
      method: 'POST',
      headers: { authorization: `Bearer ${token}`, 'content-type': 'audio/webm' },
      body: SOUND,
    })
  // Each costs 100,000 tokens of sound at $3 a million and 20,000 of text at $5: $0.40.
  expect(await (await record(ada)).text()).toBe('High tide')
  const usage = async ({ token }: { token: string }) => {
    const { body } = await app.ask('/api/usage/summary', { token })
    return (body as { models: { model: string; costUsd: number }[] }).models
  }
  expect(await usage(ada)).toEqual([
    expect.objectContaining({
      ...{ model: 'gpt-4o-mini-transcribe', costUsd: 0.4, speechIn: 1, speechOut: 0, runs: 0 },
    }),
  ])
  const { body: made } = await app.ask('/api/key', { token: ada.token, body: { name: 'a phone' } })
  const { id: keyId, key } = made as { id: string; key: string }
  // The request is counted when its response is complete.
  expect(await (await record({ token: key })).text()).toBe('High tide')
  const { body: byKey } = await app.ask('/api/admin/usage?by=key', { token: ada.token })
  expect(byKey).toMatchObject({
    items: expect.arrayContaining([
      expect.objectContaining({ id: keyId, name: 'a phone', speechIn: 1, costUsd: 0.4 }),
    ]),
    total: { speechIn: 2, costUsd: 0.8 },
  })
  const spent = await record(ada)
  expect(spent.status).toBe(429)
  expect(await spent.json()).toMatchObject({
    ...{ code: 'TOO_MANY_REQUESTS', message: expect.stringMatching(/left of your \$0.7 of today/) },
  })
  expect(Number(spent.headers.get('retry-after'))).toBeGreaterThan(0)
  // Each person has a budget of their own; the budget of all ends it for everybody.
  const bob = await app.signUp('bob@example.com')
  expect((await record(bob)).status).toBe(200)
  const carol = await app.signUp('carol@example.com')
  const none = await record(carol)
  expect(none.status).toBe(429)
  expect(await none.text()).toContain('BUDGET_USD_PER_DAY')
  expect(service.asked).toHaveLength(3)
})

test('what is read aloud counts by its length, and nothing that the service refuses', async () => {
  let status = 200
  await using service = await startService((_asked, response) => {
    response.writeHead(status).end('sound')
  })
  using official = atOpenAi(service)
  await using app = await startTestApp({ env: { ...official.env, BUDGET_USD_PER_DAY: '100' } })
  const url = await app.listen()
  const { id: sessionId } = await app.caller.sessions.create({})
  const sent = await app.caller.messages.send({ sessionId, text: 'x'.repeat(400) })
  const read = () => fetch(`${url}/api/messages/${sent.messageId}/speech`)
  status = 400
  expect((await read()).status).toBe(400)
  status = 200
  expect(await (await read()).text()).toBe('sound')
  const { models, total } = await app.caller.usage.summary({ sessionId })
  // 100 tokens of text at $0.60 a million, 600 of sound at $12.
  expect(total).toMatchObject({ speechOut: 1, speechIn: 0 })
  expect(models).toContainEqual(
    expect.objectContaining({ model: 'gpt-4o-mini-tts', outputTokens: 600, costUsd: 0.00726 }),
  )
})

test('under a budget without a known price nothing is sent to the service', async () => {
  await using service = await startService((_asked, response) => void response.end('sound'))
  await using app = await startTestApp({ env: { ...service.env, BUDGET_USD_PER_DAY: '1' } })
  const refused = await transcribe(await app.listen())
  expect(refused.status).toBe(501)
  expect(await refused.text()).toContain('BUDGET_USD_PER_DAY cannot be kept')
  expect(service.asked).toEqual([])
  await untilForgotten(app)
})
