import { expect, test } from 'vitest'
import { amount } from '../../scripts/testing/amount.ts'
import { startServer, temporaryFolder } from '../../scripts/testing/server-process.ts'
import type { ServerProcess } from '../../scripts/testing/server-process.ts'
import { arrayOf, objectOf, stringOf } from '../../server/model/json.ts'
import {
  chatAnswer,
  chatChunk,
  DONE,
  sse,
  startScriptedProvider,
} from '../../server/model/testing/scripted-provider.ts'
import { startBackgroundProvider } from '../../server/testing/services/background-provider.ts'
import { nodeClient } from '../support/processes/openai-clients.ts'
import type { ResponseEvent } from '../support/processes/openai-clients.ts'
import { createRandom } from '../support/processes/random.ts'

const BEGINNING = 'The answer begins, and it '

/**
 * A reader of an answer whose server is killed when it has read the beginning, and is started again.
 *
 * @param env by which the server asks its provider
 * @param between is done while nobody is there
 */
async function readThroughKill(env: Record<string, string>, between: () => void) {
  await using opened = new AsyncDisposableStack()
  const folder = opened.use(await temporaryFolder())
  const all = { ...env, DATA_DIR: folder.path, RUN_LEASE_SECONDS: '1', BUILTIN_TOOLS: 'all' }
  const killed: ServerProcess = opened.use(await startServer(all))
  const seen: ResponseEvent[] = []
  for await (const event of nodeClient.create(killed.url, 'Hello')) {
    seen.push(event)
    if (textOf(seen) === BEGINNING) void killed.end('SIGKILL')
  }
  await killed.end('SIGKILL')
  between()
  const server = opened.use(await startServer({ ...all, SERVER_PORT: String(killed.port) }))
  const { id = '' } = seen[0]?.response ?? {}
  const after = seen.at(-1)?.sequence_number ?? -1
  for await (const event of nodeClient.resume(server.url, id, after)) seen.push(event)
  return { seen, response: await nodeClient.retrieve(server.url, id) }
}

function textOf(events: readonly ResponseEvent[]): string {
  return events
    .map((event) => (event.type === 'response.output_text.delta' ? (event.delta ?? '') : ''))
    .join('')
}

test('OPENAI_BACKGROUND: an answer goes on when the server was killed, nothing of it shown twice or paid twice (P6)', async () => {
  await using provider = await startBackgroundProvider()
  const env = { OPENAI_BASE_URL: provider.baseUrl, OPENAI_API: 'responses' }
  const asked = provider.next().then((answer) => (answer.say(BEGINNING), answer))
  const { seen, response } = await readThroughKill(
    { ...env, OPENAI_API_KEY: 'sk-test', OPENAI_BACKGROUND: 'true' },
    () => void asked.then((answer) => (answer.say('goes', ' on.'), answer.finish())),
  )
  expect(textOf(seen)).toBe(`${BEGINNING}goes on.`)
  expect(seen.map(({ sequence_number: number }) => number)).toEqual(seen.map((_, at) => at))
  expect(seen.filter(({ type }) => type === 'response.output_item.added')).toHaveLength(1)
  expect(response).toMatchObject({
    ...{ status: 'completed', usage: { input_tokens: 7, output_tokens: 5 } },
  })
  expect(provider.answers.filter(({ request }) => request.background)).toHaveLength(1)
})

test('a Chat server that goes on with a text is given it when the server was killed, and nothing is shown twice (P6)', async () => {
  const asked: unknown[] = []
  await using provider = await startScriptedProvider(
    ({ body }) => {
      if (!objectOf(body).tools) return { status: 500 }
      asked.push(body)
      return asked.length === 1
        ? { body: [sse(chatChunk({ content: BEGINNING }))], ending: 'hold' }
        : { body: [chatAnswer(' goes', ' on.')] }
    },
    { isStrict: false },
  )
  const env = { OPENAI_BASE_URL: provider.baseUrl, OPENAI_API: 'chat' }
  const { seen, response } = await readThroughKill(env, () => undefined)
  expect(textOf(seen)).toBe(`${BEGINNING}goes on.`)
  expect(seen.filter(({ type }) => type === 'response.output_item.added')).toHaveLength(1)
  expect(response.status).toBe('completed')
  expect(asked).toHaveLength(2)
  expect(asked[1]).toMatchObject({ continue_final_message: true })
})

/** Answers, and how often the server of each is killed at any moment. */
const ANSWERS = amount(1, 10)
const KILLS = amount(2, 4)
const WORDS = Array.from({ length: 100 }, (_, at) => `${at === 0 ? '' : ' '}word${at}`)
const WHOLE = WORDS.join('')

/** A Chat server that says these words, some milliseconds each, and goes on with what it is given of them. */
function startContinuing() {
  return startScriptedProvider(
    ({ body }) => {
      if (!objectOf(body).tools) return { status: 500 }
      const last = objectOf(arrayOf(objectOf(body).messages).at(-1))
      const prefix = last.role === 'assistant' ? stringOf(last.content) : ''
      const rest = WHOLE.slice(prefix.length).match(/ ?[^ ]+/g) ?? []
      const said = rest.flatMap((content) => [sse(chatChunk({ content })), { delay: 15 }])
      return { body: [...said, sse(chatChunk({}, 'stop')) + DONE] }
    },
    { isStrict: false },
  )
}

test(
  `an answer of a Chat server that goes on with a text is one text, though the server is killed at any moment (${ANSWERS} × ${KILLS} kills, P2, P6)`,
  { timeout: 120_000 + ANSWERS * 60_000 },
  async () => {
    const random = createRandom()
    console.log(`Random by SEED=${random.seed}`)
    await using provider = await startContinuing()
    const known = { OPENAI_BASE_URL: provider.baseUrl, OPENAI_API: 'chat', BUILTIN_TOOLS: 'all' }
    for (let answer = 0; answer < ANSWERS; answer += 1) {
      await using folder = await temporaryFolder()
      const env = { ...known, DATA_DIR: folder.path, RUN_LEASE_SECONDS: '1' }
      const seen: ResponseEvent[] = []
      for (let kills = 0; kills <= KILLS; kills += 1) {
        await using server = await startServer(env)
        const id = seen[0]?.response?.id
        const after = seen.at(-1)?.sequence_number ?? -1
        const enough = kills < KILLS ? seen.length + random.whole(1, 12) : Number.POSITIVE_INFINITY
        const reading = id
          ? nodeClient.resume(server.url, id, after)
          : nodeClient.create(server.url, 'Say the words')
        for await (const event of reading) {
          seen.push(event)
          if (seen.length === enough) void server.end('SIGKILL')
        }
        if (kills < KILLS) continue
        const { output, status } = await nodeClient.retrieve(server.url, id ?? '')
        expect(status).toBe('completed')
        expect(output.map(({ content }) => content?.[0]?.text)).toEqual([WHOLE])
      }
      expect(seen.map(({ sequence_number: number }) => number)).toEqual(seen.map((_, at) => at))
      expect(textOf(seen)).toBe(WHOLE)
    }
  },
)
