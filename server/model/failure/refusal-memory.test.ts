import { expect, test } from 'vitest'
import { createModelPort } from '../create.ts'
import { systemClock } from '../clock.ts'
import { collect, stepOf } from '../testing/collect.ts'
import { refusal } from '../testing/scripted-port.ts'
import { chatAnswer, startScriptedProvider } from '../testing/scripted-provider.ts'
import type { ScriptedReply } from '../testing/scripted-provider.ts'
import { objectOf } from '../json.ts'

const HOUR = 3_600_000
const answer: ScriptedReply = { body: [chatAnswer('Hello')] }
const tools = [{ name: 'add', description: 'Adds.', inputSchema: {} }]

function setUp(handler: (body: Record<string, unknown>) => ScriptedReply) {
  let now = 0
  const bodies: Record<string, unknown>[] = []
  const start = async () => {
    const provider = await startScriptedProvider((request) => {
      const body = objectOf(request.body)
      bodies.push(body)
      return handler(body)
    })
    const port = createModelPort({
      baseUrl: provider.baseUrl,
      api: 'chat',
      timeoutSeconds: 20,
      idleTimeoutSeconds: 20,
      random: () => 0,
      clock: { ...systemClock, now: () => Date.now() + now },
    })
    return { port, [Symbol.asyncDispose]: () => provider.close() }
  }
  return { start, bodies, later: (ms: number) => (now += ms) }
}

test('what helped is remembered for that model, told each time, and tried again after an hour', async () => {
  const { start, bodies, later } = setUp(({ model, tools: offered }) =>
    offered && model === 'small'
      ? refusal(400, { message: 'small does not support tools' })
      : answer,
  )
  await using provider = await start()
  const ask = (model: string) => collect(provider.port, stepOf('hi', { model, tools }))
  const notes = ({ deltas }: Awaited<ReturnType<typeof ask>>) =>
    deltas.flatMap((delta) => (delta.type === 'note' ? [delta.note] : []))
  expect(notes(await ask('small'))).toEqual([expect.stringContaining('takes no tools')])
  expect(bodies).toHaveLength(2)
  expect(notes(await ask('small'))).toHaveLength(1)
  expect(bodies).toHaveLength(3)
  expect(notes(await ask('able'))).toEqual([])
  expect(bodies.at(-1)).toHaveProperty('tools')
  later(HOUR + 1)
  await ask('small')
  expect(bodies).toHaveLength(6)
})

test('a reader that leaves with the last word has still taught what it met', async () => {
  const { start, bodies } = setUp(({ temperature }) =>
    temperature === undefined
      ? answer
      : refusal(400, { message: "'temperature' is not supported" }),
  )
  await using provider = await start()
  for (let time = 0; time < 2; time += 1) {
    for await (const delta of provider.port.stream(stepOf('hi'), new AbortController().signal)) {
      if (delta.type === 'text') break
    }
  }
  expect(bodies).toHaveLength(3)
})

test('what did not help is neither kept within the step nor remembered', async () => {
  let angry = true
  const { start, bodies } = setUp(() =>
    angry ? refusal(400, { message: "'temperature' is not supported" }) : answer,
  )
  await using provider = await start()
  const refused = await collect(provider.port, stepOf('hi'))
  expect(refused.ending).toMatchObject({ type: 'error', error: { code: 'bad_request' } })
  expect(bodies).toHaveLength(2)
  angry = false
  await collect(provider.port, stepOf('hi'))
  expect(bodies.at(-1)).toHaveProperty('temperature')
})

test('a tool that is refused is left out, the others go on; described otherwise it is tried again', async () => {
  const { start, bodies } = setUp(({ tools: offered }) => {
    const at = (Array.isArray(offered) ? offered : []).findIndex((tool) =>
      JSON.stringify(tool).includes('wrong'),
    )
    return at < 0
      ? answer
      : refusal(400, { message: 'schema is wrong', param: `tools[${at}].function.parameters` })
  })
  await using provider = await start()
  const named = (name: string, pattern: string) => ({
    name,
    description: '',
    inputSchema: { type: 'object', properties: { a: { type: 'string', pattern } } },
  })
  const ask = (second: string) =>
    collect(
      provider.port,
      stepOf('hi', { tools: [named('a', 'wrong'), named('b', 'fine'), named('c', second)] }),
    )
  const first = await ask('wrong')
  expect(first.ending).toEqual({ type: 'finish', finish: 'stop' })
  expect(first.deltas).toContainEqual({
    type: 'note',
    note: expect.stringMatching(/the tools a, c/),
  })
  expect(bodies).toHaveLength(3)
  await ask('fine')
  expect(bodies).toHaveLength(4)
  expect(JSON.stringify(bodies.at(-1)?.tools)).toMatch(/"b".*"c"/)
})
