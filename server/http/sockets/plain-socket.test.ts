import { once } from 'node:events'
import { Socket } from 'node:net'
import { expect, test } from 'vitest'
import { WebSocket } from 'ws'
import type { SessionEvent } from '../../../shared/contract/events.ts'
import { CallId, MessageId, RunId, SessionId } from '../../../shared/contract/ids.ts'
import type { Message } from '../../../shared/contract/message.ts'
import { standstill, startTestServer, textOf, until } from '../testing/server.ts'
import { STRANGERS_SESSION } from '../testing/scripted-router.ts'
import type { TestServer } from '../testing/server.ts'

const SESSION = SessionId.parse('019b0000-0000-7000-8000-000000000001')
const ANSWER = MessageId.parse('019b0000-0000-7000-8000-000000000002')
const RUN = RunId.parse('019b0000-0000-7000-8000-000000000003')
const CALL = CallId.parse('019b0000-0000-7000-8000-000000000004')

test('a client is greeted and gets an answer as start, chunks and end', async () => {
  await using server = await startTestServer()
  server.script.snapshot = () => snapshot([])
  const client = await connectPlain(server)
  expect(await client.frame(0)).toMatchObject({ type: 'system', session_id: SESSION })
  await until(() => server.script.watching === 1)
  server.script.append(start([]))
  const first = server.script.append(chunk(0, 0, 'Hel'))
  const second = server.script.append(chunk(0, 3, 'lo'))
  server.script.append(end())
  await until(() => client.frames.length === 5)
  expect(client.frames.slice(1)).toEqual([
    { type: 'ai_response_start', message_id: ANSWER },
    { type: 'ai_response_chunk', content: 'Hel', seq: first },
    { type: 'ai_response_chunk', content: 'lo', seq: second },
    { type: 'ai_response_end', message_id: ANSWER, outcome: 'completed' },
  ])
})

test('who connects in the middle of an answer gets what is there, then the rest', async () => {
  await using server = await startTestServer()
  server.script.append(chunk(0, 0, 'Hel'))
  server.script.snapshot = () => snapshot([message('running', 'Hel')])
  const client = await connectPlain(server)
  await until(() => server.script.watching === 1)
  server.script.append(chunk(0, 3, 'lo'))
  await until(() => client.frames.length === 4)
  expect(client.frames.slice(1)).toEqual([
    { type: 'ai_response_start', message_id: ANSWER },
    { type: 'ai_response_chunk', content: 'Hel', seq: 1 },
    { type: 'ai_response_chunk', content: 'lo', seq: 2 },
  ])
})

test('who comes back with the last seq gets exactly what they missed', async () => {
  await using server = await startTestServer()
  server.script.append(start([]))
  const seen = server.script.append(chunk(0, 0, 'Hel'))
  server.script.append(chunk(0, 3, 'lo'))
  server.script.append(tool('running'))
  server.script.append(tool('completed'))
  server.script.append(chunk(2, 0, ' again'))
  const client = await connectPlain(server, `?after=${seen}`)
  await until(() => client.frames.length === 5)
  expect(client.frames.slice(1)).toMatchObject([
    { type: 'ai_response_chunk', content: 'lo' },
    { type: 'tool_call', call_id: CALL, name: 'add', status: 'running', input: { a: 1 } },
    { type: 'tool_result', call_id: CALL, name: 'add', output: 1 },
    { type: 'ai_response_chunk', content: ' again' },
  ])
})

test('who comes back after the chunks were merged away is told to begin again, and misses nothing', async () => {
  await using server = await startTestServer()
  server.script.append(start([]))
  const seen = server.script.append(chunk(0, 0, 'Hel'))
  // The run has ended, and the log serves its whole text for any cursor within.
  server.script.events = []
  server.script.events.push({ seq: 7, event: chunk(0, 0, 'Hello') }, { seq: 8, event: end() })
  const client = await connectPlain(server, `?after=${seen}`)
  await until(() => client.frames.length === 4)
  expect(client.frames.slice(1)).toEqual([
    { type: 'ai_response_start', message_id: ANSWER },
    { type: 'ai_response_chunk', content: 'Hello', seq: 7 },
    { type: 'ai_response_end', message_id: ANSWER, outcome: 'completed' },
  ])
})

test('a seq that the log cannot continue from is said so, never passed over (P3)', async () => {
  await using server = await startTestServer()
  server.script.snapshot = () => snapshot([message('running', 'Hel')])
  const client = await connectPlain(server, '?after=nonsense')
  await until(() => client.frames.length === 4)
  expect(client.frames[1]).toMatchObject({ type: 'error', code: 'PRECONDITION_FAILED' })
  expect(client.frames[2]).toMatchObject({ type: 'ai_response_start' })
  const fresh = await connectPlain(server, '?after=')
  await until(() => fresh.frames.length === 3)
  expect(fresh.frames[1]).toMatchObject({ type: 'ai_response_start' })
})

test('plain text, text that happens to be JSON, and commands are understood, in order', async () => {
  await using server = await startTestServer()
  server.script.snapshot = () => snapshot([])
  const client = await connectPlain(server)
  client.socket.send('hello')
  client.socket.send('42')
  client.socket.send('{"type":"user_message","content":"hi"}')
  client.socket.send('{"type":"stop"}')
  client.socket.send(JSON.stringify({ type: 'tool_decision', call_id: CALL, decision: 'approve' }))
  await until(() => server.script.calls.length === 5)
  expect(server.script.calls.map(({ path }) => path)).toEqual([
    'messages.send',
    'messages.send',
    'messages.send',
    'runs.stop',
    'tools.decide',
  ])
})

test('what cannot be taken is answered with an error, and the socket goes on', async () => {
  await using server = await startTestServer()
  server.script.snapshot = () => snapshot([])
  const client = await connectPlain(server)
  client.socket.send('{"type":"dance"}')
  client.socket.send('{"type":"user_message"}')
  client.socket.send(Buffer.from([1, 2, 3]))
  client.socket.send('x'.repeat(2000))
  await until(() => client.frames.filter(({ type }) => type === 'error').length === 4)
  client.socket.send('hello')
  await until(() => server.script.calls.length === 1)
})

test("somebody else's session is not found and closed with 4404, a bad id with 4400, a bad token with 4401", async () => {
  await using server = await startTestServer()
  const stranger = await connectPlain(server, '', STRANGERS_SESSION)
  expect(await stranger.closed).toBe(4404)
  expect(stranger.frames).toEqual([
    { type: 'error', code: 'NOT_FOUND', message: expect.any(String) },
  ])
  const invalid = await connectPlain(server, '', 'not-a-uuid')
  expect(await invalid.closed).toBe(4400)
  expect(invalid.frames).toMatchObject([{ type: 'error', code: 'BAD_REQUEST' }])
  const forger = await connectPlain(server, '?token=forged')
  expect(await forger.closed).toBe(4401)
})

test('the watch ends when the client goes', async () => {
  await using server = await startTestServer()
  server.script.snapshot = () => snapshot([])
  const client = await connectPlain(server)
  await until(() => server.script.watching === 1)
  client.socket.terminate()
  await until(() => server.script.watching === 0)
})

test('a paused plain reader costs little (P12)', async () => {
  await using server = await startTestServer()
  server.script.append(start([]))
  const client = await connectPlain(server, '?after=0')
  await client.frame(1)
  client.socket.pause()
  const text = 'x'.repeat(16 * 1024)
  for (let index = 0; index < 1000; index += 1) {
    server.script.append(chunk(0, index * text.length, text))
  }
  await new Promise((resolve) => setTimeout(resolve, 500))
  expect(server.unsentBytes()).toBeLessThan(256 * 1024)
  client.socket.resume()
  await until(() => client.frames.length === 1002)
})

test('refusals that a plain client does not read are not gathered: it is not heard any more until it reads, and then each frame is answered (P12)', async () => {
  await using server = await startTestServer()
  server.script.append(start([]))
  const connected = once(server.http.app.server, 'connection')
  const client = await connectPlain(server, '?after=0')
  const [connection] = await connected
  if (!(connection instanceof Socket)) throw new Error('the server has no TCP connection')
  await client.frame(1)
  client.socket.pause()
  // The kernel takes up to 36 MiB of an answer of 64 MiB; then the socket is full.
  const text = 'x'.repeat(64 * 1024)
  for (let index = 0; index < 1024; index += 1) {
    server.script.append(chunk(0, index * text.length, text))
  }
  await standstill(() => connection.bytesWritten)
  const readBefore = connection.bytesRead
  const sent = 32 * 1024
  for (let count = 0; count < sent; count += 1) client.socket.send('{}')
  await until(() => connection.bytesRead > readBefore)
  await standstill(() => connection.bytesWritten)
  expect(server.unsentBytes()).toBeLessThan(256 * 1024)
  client.socket.resume()
  await until(() => client.frames.length === 2 + 1024 + sent)
  expect(client.frames.filter(({ code }) => code === 'BAD_REQUEST')).toHaveLength(sent)
})

type Frame = { type: string; [key: string]: unknown }

async function connectPlain({ wsUrl }: TestServer, query = '', session: string = SESSION) {
  const socket = new WebSocket(`${wsUrl}/ws/session/${session}${query}`)
  const frames: Frame[] = []
  socket.on('message', (data) => frames.push(JSON.parse(textOf(data))))
  const closed = new Promise<number>((resolve) => socket.once('close', resolve))
  await new Promise((resolve) => socket.once('open', resolve))
  async function frame(index: number): Promise<Frame | undefined> {
    await until(() => frames.length > index)
    return frames[index]
  }
  return { socket, frames, closed, frame }
}

function snapshot(messages: Message[]): SessionEvent {
  return { type: 'snapshot', session: SESSION_ROW, messages, hasOlder: false }
}

function start(parts: Message['parts']): SessionEvent {
  const running = { ...message('running', ''), parts }
  return {
    type: 'start',
    runId: RUN,
    messageId: ANSWER,
    message: running,
    attempt: 1,
    keepParts: parts.length,
  }
}

function chunk(part: number, offset: number, text: string): SessionEvent {
  return { type: 'chunk', messageId: ANSWER, part, kind: 'text', offset, text }
}

function tool(status: 'running' | 'completed'): SessionEvent {
  const call = {
    id: CALL,
    name: 'add',
    source: 'builtin',
    effect: 'read',
    input: { a: 1 },
    status,
  } as const
  const done = status === 'completed' ? { ...call, output: 1 } : call
  return { type: 'tool', messageId: ANSWER, part: 1, call: done }
}

function end(): SessionEvent {
  return {
    type: 'end',
    runId: RUN,
    messageId: ANSWER,
    outcome: 'completed',
    finish: 'stop',
    usage: null,
    error: null,
  }
}

function message(status: Message['status'], text: string): Message {
  return {
    id: ANSWER,
    sessionId: SESSION,
    parentId: null,
    role: 'assistant',
    parts: [{ type: 'text', text }],
    createdAt: '2026-01-01T00:00:00.000Z',
    runId: RUN,
    status,
    siblings: { index: 0, count: 1, previous: null, next: null },
    model: null,
    usage: null,
    error: null,
  }
}

const SESSION_ROW = {
  id: SESSION,
  title: null,
  summary: null,
  status: 'active',
  model: null,
  systemPrompt: null,
  pinned: false,
  archived: false,
  running: true,
  waiting: false,
  createdAt: '2026-01-01T00:00:00.000Z',
  updatedAt: '2026-01-01T00:00:00.000Z',
  endedAt: null,
  durationMs: null,
  seq: 1,
} as const
