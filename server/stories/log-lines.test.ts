import { Writable } from 'node:stream'
import { pino } from 'pino'
import { expect, test } from 'vitest'
import { z } from 'zod'
import { describeError } from '../logger.ts'
import { startTestApp } from '../testing/app.ts'
import { defineTool } from '../tools/define.ts'

type Line = Record<string, unknown>

/** A logger as the process has it, and its lines. */
function gatherLines() {
  const lines: Line[] = []
  const waiting: { msg: string; resolve: (line: Line) => void }[] = []
  const sink = new Writable({
    write(text, _encoding, done) {
      const line: Line = JSON.parse(String(text))
      lines.push(line)
      for (const { msg, resolve } of waiting) if (line.msg === msg) resolve(line)
      done()
    },
  })
  return {
    lines,
    named: (msg: string) => lines.filter((line) => line.msg === msg),
    /** The first line of these words, when it has come. */
    until: (msg: string) =>
      new Promise<Line>((resolve) => {
        const found = lines.find((line) => line.msg === msg)
        if (found) resolve(found)
        else waiting.push({ msg, resolve })
      }),
    logger: pino({ level: 'debug', base: null, serializers: { err: describeError } }, sink),
  }
}

const SAID = 'what a person said to the model'

const breaking = defineTool({
  name: 'break_down',
  description: 'Fails',
  input: z.object({ about: z.string() }),
  output: z.object({}),
  effect: 'read',
  approval: 'never',
  execute: async ({ about }) => {
    throw new Error(`It broke over ${about}`)
  },
})

test('each line of a conversation says which request, session and run it is about, on which node, and nothing that was said', async () => {
  const { lines, named, until, logger } = gatherLines()
  await using app = await startTestApp({ logger, tools: [breaking] })
  const url = await app.listen()
  const { id: session } = await app.caller.sessions.create({})
  const sent = await fetch(`${url}/api/session/${session}/messages`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-request-id': 'of-the-proxy' },
    body: JSON.stringify({ text: SAID }),
  })
  expect(sent.headers.get('x-request-id')).toBe('of-the-proxy')
  const { runId: run } = z.object({ runId: z.string() }).parse(await sent.json())
  const call = await app.model.nextCall()
  call.callTools(
    { name: 'break_down', arguments: { about: SAID } },
    { name: SAID.replaceAll(' ', '_'), arguments: {} },
  )
  const next = await app.model.nextCall()
  next.say(SAID)
  next.fail('provider_auth')
  const failed = await until('an answer failed')

  const node = app.node.id
  const ofRun = { node, session, run }
  expect(failed).toMatchObject({ ...ofRun, level: 40, code: 'provider_auth', outcome: 'failed' })
  expect(named('an answer is driven')).toMatchObject([{ ...ofRun, attempt: 1 }])
  expect(named('the model was asked')).toMatchObject([
    { ...ofRun, step: 0, end: 'finished' },
    { ...ofRun, step: 1, end: 'failed', code: 'provider_auth' },
  ])
  // One call was of a tool that there is; the other's name is the model's own words.
  const calls = named('a call of a tool failed')
  expect(new Set(calls.map(({ tool }) => tool))).toEqual(new Set(['break_down', undefined]))
  for (const line of calls) {
    expect(line).toMatchObject({ ...ofRun, call: expect.any(String), status: 'failed' })
  }
  // The id of the HTTP request is in the lines of the run.
  const request = 'of-the-proxy'
  expect(named('procedure')).toContainEqual(
    expect.objectContaining({ ...ofRun, request, path: 'messages.send' }),
  )
  expect(await until('request')).toMatchObject({ node, request, status: 200 })
  expect(lines.filter((line) => line.node !== node)).toEqual([])
  expect(JSON.stringify(lines)).not.toMatch(/person said|person_said|broke over/)
})

test('what is refused says which request and session it was about, over whatever surface', async () => {
  const { named, until, logger } = gatherLines()
  await using app = await startTestApp({ logger })
  const url = await app.listen()
  const missing = crypto.randomUUID()
  const answer = await fetch(`${url}/api/session/${missing}`)
  expect(answer.status).toBe(404)
  const request = answer.headers.get('x-request-id')
  expect(request).toMatch(/^[0-9a-f-]{36}$/)
  const about = { node: app.node.id, request, session: missing, path: 'sessions.read' }
  expect(await until('procedure refused')).toMatchObject(about)
  // A value that is not an id may be text of a conversation, also in the id of a request.
  const odd = await fetch(`${url}/api/session/canary`, { headers: { 'x-request-id': 'a canary' } })
  expect(odd.headers.get('x-request-id')).toMatch(/^[0-9a-f-]{36}$/)
  expect(JSON.stringify(named('procedure refused').slice(1))).not.toContain('canary')
  const input = encodeURIComponent(JSON.stringify({ id: missing }))
  const overTrpc = await fetch(`${url}/trpc/sessions.read?input=${input}`)
  const last = named('procedure refused').at(-1)
  expect(last).toMatchObject({ ...about, request: overTrpc.headers.get('x-request-id') })
})
