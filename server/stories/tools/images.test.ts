import { createServer } from 'node:http'
import type { ServerResponse } from 'node:http'
import { json } from 'node:stream/consumers'
import { join } from 'node:path'
import sharp from 'sharp'
import { expect, test } from 'vitest'
import { z } from 'zod'
import { listenOnLoopback } from '../../../scripts/testing/loopback.ts'
import { startServer, temporaryFolder } from '../../../scripts/testing/server-process.ts'
import { Message } from '../../../shared/contract/message.ts'
import { memoryStorage } from '../../testing/app.ts'
import { startConversation } from '../../testing/conversation.ts'

const PATIENT = { timeout: 60_000 }

/** An image service on loopback that answers as the test says. */
async function startService(answer: (response: ServerResponse) => void) {
  const asked: unknown[] = []
  const server = createServer((request, response) => {
    json(request).then(
      (body) => {
        asked.push({ path: request.url, key: request.headers.authorization, body })
        answer(response)
      },
      () => response.destroy(),
    )
  })
  const { port } = await listenOnLoopback(server)
  return {
    asked,
    env: {
      IMAGE_MODEL: 'gpt-image-1',
      IMAGE_BASE_URL: `http://127.0.0.1:${port}/v1`,
      IMAGE_API_KEY: 'image key',
    },
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections()
      server.close()
    },
  }
}

const picture = async (): Promise<string> =>
  (
    await sharp({ create: { width: 8, height: 8, channels: 3, background: 'red' } })
      .png()
      .toBuffer()
  ).toString('base64')

test('a picture is made when a person said so: stored, shown, counted, and told to the model', async () => {
  const b64_json = await picture()
  await using service = await startService((response) => {
    const usage = { input_tokens: 20, output_tokens: 1_000, total_tokens: 1_020 }
    response.writeHead(200, { 'content-type': 'application/json' })
    response.end(JSON.stringify({ created: 1, data: [{ b64_json }], usage }))
  })
  await using talk = await startConversation(memoryStorage, { env: service.env })
  const { app, sessionId, live } = talk
  await app.caller.messages.send({ sessionId, text: 'Draw a red square' })
  const arguments_ = { prompt: 'A red square', shape: 'landscape' }
  ;(await app.model.nextCall()).callTools({ name: 'create_image', arguments: arguments_ })
  await live.until(({ state }) => state?.messages.at(-1)?.status === 'waiting')
  expect(service.asked).toEqual([])
  const [waiting] = callsIn(live.state?.messages ?? [])
  await app.caller.tools.decide({ callId: waiting?.id ?? '', decision: 'approve' })
  const next = await app.model.nextCall()
  expect(next.step.messages.at(-1)).toMatchObject({ role: 'tool', files: [{ kind: 'image' }] })
  next.finish()
  await live.untilEvent('end')
  expect(service.asked).toEqual([
    {
      path: '/v1/images/generations',
      key: 'Bearer image key',
      body: { model: 'gpt-image-1', prompt: 'A red square', n: 1, size: '1536x1024' },
    },
  ])
  const [call] = callsIn(live.state?.messages ?? [])
  expect(call).toMatchObject({
    effect: 'once',
    status: 'completed',
    output: { picture: call?.files?.[0]?.id },
    files: [{ name: 'A-red-square.png', kind: 'image', width: 8 }],
  })
  const { models } = await app.caller.usage.summary({})
  // The prices of this address are unknown, which is not the same as free.
  expect(models).toContainEqual(
    expect.objectContaining({ model: 'gpt-image-1', outputTokens: 1_000, costUsd: null }),
  )
})

test('without the setting, or without a known price under a budget, no picture is made', async () => {
  await using plain = await startConversation(memoryStorage)
  expect((await plain.app.caller.tools.list()).map(({ name }) => name)).not.toContain(
    'create_image',
  )
  await using service = await startService((response) => response.destroy())
  await using talk = await startConversation(memoryStorage, {
    env: { ...service.env, IMAGE_APPROVAL: 'never', BUDGET_USD_PER_DAY: '1' },
  })
  const { app } = talk
  const outcome = await app.services.tools.execute(
    'create_image',
    { prompt: 'x' },
    {
      caller: { id: (await app.caller.me()).id, admin: false },
      callId: 'call',
      signal: new AbortController().signal,
    },
  )
  expect(outcome).toMatchObject({
    ok: false,
    error: expect.stringContaining('BUDGET_USD_PER_DAY cannot be kept'),
  })
  expect(service.asked).toEqual([])
})

test('a server that is killed before the picture is stored asks for none again: its outcome is unknown (P7)', async () => {
  await using folder = await temporaryFolder()
  // This service never answers.
  await using service = await startService(() => undefined)
  const env = {
    DATA_DIR: join(folder.path, 'data'),
    RUN_LEASE_SECONDS: '1',
    ...service.env,
    IMAGE_APPROVAL: 'never',
  }
  await using first = await startServer(env)
  await post(`${first.url}/api/session`, { id: SESSION })
  await post(`${first.url}/api/session/${SESSION}/messages`, {
    text: 'Use create_image with {"prompt":"A cat"}',
  })
  await expect.poll(() => service.asked.length, PATIENT).toBe(1)
  await first.end('SIGKILL')
  await using second = await startServer(env)
  await expect
    .poll(async () => callsIn((await read(second.url)).messages), PATIENT)
    .toEqual([expect.objectContaining({ name: 'create_image', status: 'unknown' })])
  await expect.poll(async () => (await read(second.url)).running, PATIENT).toBe(false)
  expect(service.asked.length).toBe(1)
}, 180_000)

const SESSION = '0191d6a0-0000-7000-8000-0000000000ab'
const Read = z.object({ running: z.boolean(), messages: z.array(Message) })

async function read(url: string): Promise<z.infer<typeof Read>> {
  return Read.parse(await (await fetch(`${url}/api/session/${SESSION}`)).json())
}

type Told = readonly { parts: readonly unknown[] }[]

function callsIn(messages: Told) {
  const Part = z.object({
    type: z.literal('tool'),
    call: z.looseObject({
      id: z.string(),
      files: z.array(z.looseObject({ id: z.string() })).optional(),
    }),
  })
  return messages.flatMap(({ parts }) =>
    parts.flatMap((part) => {
      const read = Part.safeParse(part)
      return read.success ? [read.data.call] : []
    }),
  )
}

async function post(url: string, body: unknown): Promise<void> {
  const answer = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  })
  expect(answer.status, await answer.text()).toBe(200)
}
