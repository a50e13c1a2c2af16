import fc from 'fast-check'
import { expect, test } from 'vitest'
import { z } from 'zod'
import type { Message } from '../../shared/contract/message.ts'
import { stateAfter, translate } from '../http/sockets/plain-frames.ts'
import type { PlainState } from '../http/sockets/plain-frames.ts'
import { UiChunks } from './ai-sdk/chunks.ts'
import { toShown } from './mcp/read-session.ts'
import { chatChunks, toCompletion } from './openai/chat-output.ts'
import type { NumberedEvent } from './openai/response-events.ts'
import {
  Ended,
  expectWhole,
  foldedResponse,
  outputOf,
  responsesOf,
} from './testing/read-responses.ts'
import { calledBy, calledIn, callsOf, settledBy, toSettled } from './testing/told-calls.ts'
import { readUiMessage } from './testing/read-ui-message.ts'
import { loggedRuns } from './testing/runs.ts'
import type { LoggedRun } from './testing/run-writer.ts'

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
      const message = await readUiMessage([...before, ...after])
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
      const message = await readUiMessage(
        logged.log.flatMap(({ event }) => chunks.translate(event)),
      )
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

function textOf({ parts }: Message, kinds: readonly string[]): string {
  return parts
    .map((part) => ('text' in part && kinds.includes(part.type) ? part.text : ''))
    .join('')
}
