import { readUIMessageStream } from 'ai'
import type { UIMessage, UIMessageChunk } from 'ai'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { z } from 'zod'
import type { Message } from '../../shared/contract/message.ts'
import { stateAfter, translate } from '../http/sockets/plain-frames.ts'
import type { PlainState } from '../http/sockets/plain-frames.ts'
import { UiChunks } from './ai-sdk/chunks.ts'
import { toShown } from './mcp/read-session.ts'
import { chatChunks, toCompletion } from './openai/chat-output.ts'
import { ResponseEvents } from './openai/response-events.ts'
import type { NumberedEvent } from './openai/response-events.ts'
import { calledBy, calledIn, callsOf, settledBy, toSettled } from './testing/told-calls.ts'
import { loggedRuns, RunWriter } from './testing/runs.ts'
import type { LoggedRun } from './testing/runs.ts'

test('any run, cut anywhere and resumed by the number of an event, is the fold’s message (P17)', () => {
  fc.assert(
    fc.property(loggedRuns, fc.nat(), (logged, cut) => {
      const segments = responsesOf(logged)
      for (const [index, events] of segments.entries()) {
        expect(events.map(({ sequence_number: number }) => number)).toEqual(
          events.map((_, at) => at),
        )
        const after = cut % events.length
        const again = responsesOf(logged)[index] ?? []
        const resumed = [
          ...events.slice(0, after),
          ...again.filter(({ sequence_number: number }) => number >= after),
        ]
        expect(resumed).toEqual(events)
        expect(foldedResponse(resumed)).toEqual(outputOf(events))
      }
      for (const events of segments) expectWhole(events)
      const texts = segments.flatMap((events) => outputOf(events))
      expect(texts.join('')).toBe(textOf(logged.message, ['text', 'refusal']))
      expect(calledIn(segments)).toEqual(calledBy(logged.message))
    }),
  )
})

test('any run, cut anywhere and resumed by the place of an event, is the fold’s message to the AI SDK (P17)', async () => {
  await fc.assert(
    fc.asyncProperty(loggedRuns, fc.nat(), async (logged, cut) => {
      const at = cut % logged.log.length
      const chunks = new UiChunks(logged.run)
      const before = logged.log.slice(0, at).flatMap(({ event }) => chunks.translate(event))
      const again = new UiChunks(logged.run)
      const after = logged.log.flatMap(({ event }, index) => {
        const said = again.translate(event)
        return index < at ? [] : said
      })
      const message = await read([...before, ...after])
      const text = message.parts.map((part) => (part.type === 'text' ? part.text : ''))
      expect(text.join('')).toBe(textOf(logged.message, ['text', 'refusal']))
      const thought = message.parts.map((part) => (part.type === 'reasoning' ? part.text : ''))
      expect(thought.join('')).toBe(textOf(logged.message, ['reasoning']))
      const calls = message.parts.filter((part) => 'toolCallId' in part)
      expect(calls.map(toSettled)).toEqual(callsOf(logged.message).map(settledBy))
      // Nobody decided about one that was stopped while it waited.
      for (const call of calls) {
        if (call.type !== 'dynamic-tool' || call.toolName !== 'asks') continue
        expect(call.approval?.approved).toBe(call.state === 'output-error' ? undefined : true)
      }
    }),
  )
})

test('any run, cut behind any word and resumed by its place, is the fold’s message to the plain socket (P17)', () => {
  fc.assert(
    fc.property(loggedRuns, fc.nat(), (logged, cut) => {
      const words = logged.log.flatMap(({ event }, index) =>
        event.type === 'chunk' && event.kind !== 'reasoning' ? [{ event, index }] : [],
      )
      const last = words[cut % Math.max(1, words.length)]
      let state: PlainState = null
      let shown = ''
      let outcome: string | null = null
      const calls = new Map<string, string>()
      logged.log.forEach(({ seq, event }, index) => {
        if (event.type === 'branch') return
        const told = translate(state, seq, event)
        // The connection is lost here: of where the client was, the server knows the place alone.
        state = last && index === last.index ? stateAfter(last.event) : told.state
        for (const frame of told.frames) {
          if (frame.type === 'ai_response_start') shown = ''
          if (frame.type === 'ai_response_chunk') shown += frame.content
          if (frame.type === 'tool_call' || frame.type === 'tool_result') {
            calls.set(frame.call_id, frame.status)
          }
          if (frame.type === 'ai_response_end') outcome = frame.outcome
        }
      })
      expect(shown).toBe(textOf(logged.message, ['text', 'refusal']))
      expect(outcome).toBe(logged.run.status)
      expect(Object.fromEntries(calls)).toEqual(
        Object.fromEntries(callsOf(logged.message).map(({ id, status }) => [id, status])),
      )
    }),
  )
})

test('any run’s questions come to the AI SDK, each once as it is in the end (P17)', async () => {
  await fc.assert(
    fc.asyncProperty(loggedRuns, async (logged) => {
      const chunks = new UiChunks(logged.run)
      const message = await read(logged.log.flatMap(({ event }) => chunks.translate(event)))
      const asked = message.parts.flatMap((part) =>
        part.type === 'data-question' ? [part.data] : [],
      )
      const known = logged.message.parts.flatMap((part) =>
        part.type === 'tool' ? (part.call.questions ?? []) : [],
      )
      expect(asked).toMatchObject(known.map(({ id, reply }) => ({ questionId: id, reply })))
    }),
  )
})

// An agent reads states, and not events: each read stands by itself.
test('any run is the fold’s message to the MCP door (P17)', () => {
  fc.assert(
    fc.property(loggedRuns, ({ run, message }) => {
      const shown = toShown(message)
      expect(shown.text).toBe(textOf(message, ['text', 'refusal']))
      expect(shown.status).toBe(run.status)
      expect(shown.calls ?? []).toMatchObject(
        callsOf(message).map(({ id, status, input }) => ({ call_id: id, status, input })),
      )
    }),
  )
})

test('any run is the fold’s message to Chat Completions, or says that it cannot be (P17)', async () => {
  await fc.assert(
    fc.asyncProperty(loggedRuns, async (logged) => {
      const said: string[] = []
      for (const events of responsesOf(logged)) {
        const { text, error } = await completionOf(logged, events)
        // This protocol cannot take text back that was streamed.
        if (error === 'answer_restarted') return
        said.push(text)
        const ended = Ended.parse(events.at(-1)).response
        if (ended.status === 'failed') {
          expect(error).not.toBeNull()
        } else {
          const { content } = toCompletion(logged.run, ended).choices[0]?.message ?? {}
          expect(content ?? '').toBe(outputOf(events, 'text').join(''))
        }
      }
      expect(said.join('')).toBe(textOf(logged.message, ['text', 'refusal']))
    }),
  )
})

const ONE_TEXT = [
  ...['response.output_item.added', 'response.content_part.added'],
  ...Array.from({ length: 3 }, () => 'response.output_text.delta'),
  ...['response.output_text.done', 'response.content_part.done', 'response.output_item.done'],
]

test('calls that are told of again in the middle of a text leave it one item of the response (P17)', () => {
  for (const logged of [toldAgain(), withoutCalls(toldAgain())]) {
    const [events = [], ...others] = responsesOf(logged)
    expect(others).toEqual([])
    const message = Ended.parse(events.at(-1)).response.output.find(
      ({ type }) => type === 'message',
    )
    const ofText = events.filter((event) => itemOf(event) === message?.id)
    expect(ofText.map(({ type }) => type)).toEqual(ONE_TEXT)
    expect(outputOf(events)).toEqual(['One, two, three.'])
    expect(calledIn([events])).toEqual(calledBy(logged.message))
    expectWhole(events)
  }
})

test('a call that is told of again keeps its item, which is done again only with another outcome (P17)', () => {
  const [events = []] = responsesOf(toldAgain())
  const { output } = Ended.parse(events.at(-1)).response
  expect(output.map(({ type }) => type)).toEqual(['mcp_call', 'mcp_call', 'message'])
  const said = events.flatMap((event) =>
    /^response\.mcp_call\.|output_item\.added$/.test(event.type)
      ? [`${output.findIndex(({ id }) => id === itemOf(event))} ${event.type.split('.').at(-1)}`]
      : [],
  )
  expect(said).toEqual([
    ...['0 added', '0 in_progress', '1 added', '1 in_progress', '0 failed', '1 completed'],
    ...['2 added', '0 completed'],
  ])
})

test('a call of an earlier response that is told of again has no item in the next one (P17)', () => {
  const writer = new RunWriter()
  writer.call(['server', 'client'], { isTaken: false, isEnded: false })
  writer.write(THREE, true)
  const [, events = []] = responsesOf(writer.end('completed', 'stop'))
  const { output } = Ended.parse(events.at(-1)).response
  expect(output.map(({ type }) => type)).toEqual(['message'])
  expect(outputOf(events)).toEqual(['One, two, three.'])
})

test('a call that is tried again while its response ends has its item in the next one (P17)', () => {
  const writer = new RunWriter()
  writer.call(['lost', 'client'], { isTaken: false, isEnded: false })
  writer.write([['text', 'One,']], true)
  writer.call(['client'], { isTaken: false, isEnded: false })
  const segments = responsesOf(writer.end('completed', 'stop'))
  const outputs = segments.map((events) => Ended.parse(events.at(-1)).response.output)
  expect(outputs.map((output) => output.map(({ type }) => type))).toEqual([
    ...[['mcp_call', 'function_call'], ['message', 'function_call'], ['mcp_call']],
  ])
  for (const events of segments) expectWhole(events)
})

test('an approval for an earlier call that is tried again does not end the response in the middle of its text (P17)', () => {
  const { log, ...told } = withoutCalls(toldAgain())
  const asked = log.flatMap(({ seq, event }) => {
    if (event.type !== 'tool' || event.call.status !== 'running') return [{ seq, event }]
    const states = (['awaiting-approval', 'pending', 'running'] as const).map((status) => ({
      seq,
      event: { ...event, call: { ...event.call, status } },
    }))
    return states
  })
  const segments = responsesOf({ ...told, log: asked })
  expect(segments.map((events) => outputOf(events))).toEqual([['One, two, three.']])
})

test('calls that are told of again in the middle of a text leave it one part of the AI SDK’s message (P17)', async () => {
  for (const logged of [toldAgain(), withoutCalls(toldAgain())]) {
    const chunks = new UiChunks(logged.run)
    const said = logged.log.flatMap(({ event }) => chunks.translate(event))
    const { parts } = await read(said)
    expect(parts.filter(({ type }) => type === 'text')).toMatchObject([
      { text: 'One, two, three.', state: 'done' },
    ])
    const calls = parts.filter((part) => 'toolCallId' in part)
    expect(calls.map(toSettled)).toEqual(callsOf(logged.message).map(settledBy))
  }
})

const THREE = [
  ['text', 'One,'],
  ['text', ' two,'],
  ['text', ' three.'],
] as const

/** An answer whose calls are told of again between its words: one is tried again, and one has a file that was read. */
function toldAgain(): LoggedRun {
  const writer = new RunWriter()
  writer.call(['lost', 'server'], { isTaken: false, isEnded: false })
  writer.write(THREE, true)
  return writer.end('completed', 'stop')
}

/** The same as if an import had brought the calls: the log begins behind them. */
function withoutCalls({ log, ...told }: LoggedRun): LoggedRun {
  const first = log.findIndex(({ event }) => event.type === 'chunk')
  return { ...told, log: log.filter(({ event }, at) => event.type === 'start' || at >= first) }
}

function responsesOf({ run, log }: LoggedRun): NumberedEvent[][] {
  const events = new ResponseEvents(run)
  const segments = [events.begin()]
  for (const committed of log) {
    if (events.isOver) segments.push(events.next())
    segments.at(-1)?.push(...events.translate(committed))
  }
  return segments
}

const Placed = z.looseObject({ output_index: z.number(), item: z.looseObject({ id: z.string() }) })

/** Each item is begun once, at a place of its own, and ended there; and the response has begun before. */
function expectWhole(events: readonly NumberedEvent[]): void {
  expect(events.slice(0, 2).map(({ type }) => type)).toEqual([
    ...['response.created', 'response.in_progress'].slice(0, events.length),
  ])
  const placesOf = (type: string) =>
    events
      .filter((event) => event.type === type)
      .map((event) => {
        const { output_index: index, item } = Placed.parse(event)
        return `${index} ${item.id}`
      })
  const added = placesOf('response.output_item.added')
  expect(added.map((place) => Number.parseInt(place, 10))).toEqual(added.map((_, at) => at))
  // The item of a call that was tried again is done again.
  expect(new Set(placesOf('response.output_item.done'))).toEqual(new Set(added))
}

const Content = z.looseObject({ text: z.string().optional(), refusal: z.string().optional() })
const Item = z.looseObject({
  id: z.string(),
  type: z.string(),
  content: z.array(Content).optional(),
})
const Ended = z.looseObject({
  response: z.looseObject({ status: z.string(), output: z.array(Item) }),
})
const ChatChunk = z.looseObject({
  choices: z
    .array(
      z.looseObject({
        delta: z.looseObject({ content: z.string().nullish(), refusal: z.string().nullish() }),
      }),
    )
    .optional(),
  error: z.looseObject({ code: z.string().nullable() }).optional(),
})
const Delta = z.looseObject({ item_id: z.string(), delta: z.string() })

/** The id of the item that an event is about. */
function itemOf(event: NumberedEvent): string | undefined {
  return Delta.partial().parse(event).item_id ?? Placed.safeParse(event).data?.item.id
}

/** The texts of the response's final output. */
function outputOf(events: readonly NumberedEvent[], only?: 'text'): string[] {
  const { output } = Ended.parse(events.at(-1)).response
  const said = (one: z.infer<typeof Content>) => one.text ?? (only ? '' : (one.refusal ?? ''))
  return output.flatMap(({ type, content }) =>
    type === 'message' ? [content?.map(said).join('') ?? ''] : [],
  )
}

/** The text of a streamed completion, and the error by which it ends. */
async function completionOf({ run }: LoggedRun, events: readonly NumberedEvent[]) {
  async function* given() {
    for (const event of events) yield [event]
  }
  let text = ''
  let error: string | null = null
  const lines: string[] = []
  for await (const said of chatChunks(run, given(), true)) lines.push(...said.split('\n\n'))
  for (const line of lines) {
    if (line === 'data: [DONE]') continue
    const chunk = ChatChunk.parse(JSON.parse(line.slice('data: '.length)))
    const delta = chunk.choices?.[0]?.delta
    text += (delta?.content ?? '') + (delta?.refusal ?? '')
    if (chunk.error) error = chunk.error.code
  }
  return { text, error }
}

/** The same, put together from what was said piece by piece. */
function foldedResponse(events: readonly NumberedEvent[]): string[] {
  const texts = new Map<string, string>()
  for (const event of events) {
    if (!/^response\.(output_text|refusal)\.delta$/.test(event.type)) continue
    const { item_id: id, delta } = Delta.parse(event)
    texts.set(id, (texts.get(id) ?? '') + delta)
  }
  const { output } = Ended.parse(events.at(-1)).response
  return output.flatMap(({ id, type }) => (type === 'message' ? [texts.get(id) ?? ''] : []))
}

async function read(chunks: readonly object[]): Promise<UIMessage> {
  // A stopped answer is one that is aborted, and a failed one throws: neither matters for what was said.
  const told = chunks.filter(
    (chunk) => 'type' in chunk && !/^(error|abort)$/.test(String(chunk.type)),
  )
  const stream = new ReadableStream<UIMessageChunk>({
    start(controller) {
      for (const chunk of told) controller.enqueue(chunk as UIMessageChunk)
      controller.close()
    },
  })
  let last: UIMessage = { id: '', role: 'assistant', parts: [] }
  const options = { stream, onError: (error: unknown) => Promise.reject(error) }
  for await (const message of readUIMessageStream(options)) last = message
  return last
}

function textOf({ parts }: Message, kinds: readonly string[]): string {
  return parts
    .map((part) => ('text' in part && kinds.includes(part.type) ? part.text : ''))
    .join('')
}
