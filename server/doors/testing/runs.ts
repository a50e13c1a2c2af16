import fc from 'fast-check'
import { CallId, MessageId, RunId, SessionId } from '../../../shared/contract/ids.ts'
import type { LoggedEvent, SessionEvent } from '../../../shared/contract/events.ts'
import type { Message, Outcome, Part, TextKind } from '../../../shared/contract/message.ts'
import type { Question } from '../../../shared/contract/question.ts'
import type { ToolCall } from '../../../shared/contract/tool.ts'
import { fold } from '../../../shared/session/fold.ts'
import type { SessionState } from '../../../shared/session/fold.ts'
import type { DoorRun } from '../../../db/queries/doors/responses.ts'
import type { CommittedEvent } from '../../log/events.ts'

/** One run as the log has it, and the message that it folds to. */
export type LoggedRun = { run: DoorRun; log: CommittedEvent[]; message: Message }

const AT = '2026-01-01T00:00:00.000Z'
const sessionId = SessionId.parse('01890a5d-ac96-774b-bcce-000000000001')
const messageId = MessageId.parse('01890a5d-ac96-774b-bcce-000000000002')
const questionId = MessageId.parse('01890a5d-ac96-774b-bcce-000000000003')
const runId = RunId.parse('01890a5d-ac96-774b-bcce-000000000004')
const earlierId = RunId.parse('01890a5d-ac96-774b-bcce-000000000005')
const joinedId = MessageId.parse('01890a5d-ac96-774b-bcce-000000000006')

const written = fc.array(
  fc.tuple(
    fc.constantFrom<TextKind>('text', 'text', 'reasoning', 'refusal'),
    fc.string({ unit: fc.constantFrom('a', ' ', '\n', 'é', '😀'), minLength: 1, maxLength: 6 }),
  ),
  { maxLength: 6 },
)

const step = fc.record({
  /** What attempts had written that were cut, and whether the next one went on with it. */
  cut: fc.array(fc.tuple(written, fc.boolean()), { maxLength: 3 }),
  written,
  /** A message of the user joins the answer behind this step. */
  joins: fc.boolean(),
  calls: fc.array(
    fc.constantFrom('client', 'early', 'server', 'inquires', 'asks', 'approved', 'denied', 'bad'),
    { minLength: 1, maxLength: 3 },
  ),
})

/**
 * Runs of several steps: texts, calls of every kind, messages that join, takeovers in the middle of a step, and each way to
 * end; also such that go on with what an earlier run had written.
 */
export const loggedRuns: fc.Arbitrary<LoggedRun> = fc
  .record({
    steps: fc.array(step, { minLength: 1, maxLength: 4 }),
    /** What an earlier run had written when it was cut. */
    earlier: fc.option(written),
    outcome: fc.constantFrom<Outcome>('completed', 'stopped', 'failed', 'interrupted'),
  })
  .map(({ steps, outcome, earlier }) => {
    const writer = new RunWriter(earlier)
    steps.forEach((one, index) => {
      for (const [cut, goesOn] of one.cut) {
        writer.write(cut)
        writer.takeOver(goesOn)
      }
      writer.write(one.written)
      if (index < steps.length - 1) {
        writer.call(one.calls)
        if (one.joins) writer.join()
      }
    })
    return writer.end(outcome)
  })

type Made = { kind: string; part: number; call: ToolCall }

class RunWriter {
  readonly #log: LoggedEvent[] = []
  #parts: Part[] = []
  #kept = 0
  #attempt = 1
  #calls = 0

  constructor(earlier: readonly (readonly [TextKind, string])[] | null) {
    if (earlier) {
      this.#start(earlierId)
      this.write(earlier)
      this.#kept = this.#parts.length
      this.#add({
        ...{ type: 'end', runId: earlierId, messageId, usage: null, error: null },
        ...{ outcome: 'completed', finish: 'length' },
      })
    }
    this.#start(runId)
  }

  #start(id: RunId): void {
    this.#add({
      ...{ type: 'start', runId: id, messageId, attempt: 1, keepParts: this.#kept },
      message: this.#message('running'),
    })
  }

  join(): void {
    const said = { ...this.#message('completed'), id: joinedId, role: 'user' as const }
    const parts = [{ type: 'text' as const, text: 'And more.' }]
    this.#add({ type: 'message', message: { ...said, parts, joinedPart: this.#parts.length } })
  }

  write(pieces: readonly (readonly [TextKind, string])[]): void {
    for (const [kind, text] of pieces) {
      const last = this.#parts.at(-1)
      const goesOn = this.#parts.length > this.#kept && last?.type === kind
      const offset = goesOn ? last.text.length : 0
      const part = goesOn ? this.#parts.length - 1 : this.#parts.length
      const before = goesOn ? last.text : ''
      this.#parts = [...this.#parts.slice(0, part), { type: kind, text: before + text }]
      this.#add({ type: 'chunk', messageId, part, kind, offset, text })
    }
  }

  takeOver(goesOn: boolean): void {
    this.#attempt += 1
    this.#parts = goesOn ? this.#parts : this.#parts.slice(0, this.#kept)
    const [attempt, keepParts] = [this.#attempt, this.#parts.length]
    this.#add({
      ...{ type: 'start', runId, messageId, attempt, keepParts },
      message: this.#message('running'),
    })
  }

  /** Ends the step with these calls; the run waits for those that others answer. */
  call(kinds: readonly string[]): void {
    const made = kinds.map((kind) => {
      this.#calls += 1
      const id = CallId.parse(
        `01890a5d-ac96-774b-bcce-00000001${String(this.#calls).padStart(4, '0')}`,
      )
      const source =
        kind === 'client' || kind === 'early' || kind === 'bad'
          ? ('client' as const)
          : ('builtin' as const)
      const asks = kind === 'asks' || kind === 'approved' || kind === 'denied'
      const status = kind === 'bad' ? 'failed' : asks ? 'awaiting-approval' : 'running'
      const call: ToolCall = {
        ...{ id, name: kind, source, status },
        effect: 'once',
        input: { n: 1 },
      }
      const part = this.#parts.length
      this.#tool(part, call)
      return { kind, part, call }
    })
    this.#kept = this.#parts.length
    // Answered before the run has come to wait.
    for (const { kind, part, call } of made) {
      if (kind === 'early') this.#tool(part, { ...call, status: 'completed', output: 'y' })
      if (kind === 'approved') this.#tool(part, { ...call, status: 'pending' })
    }
    for (const { kind, part, call } of made) {
      if (kind === 'server') this.#tool(part, { ...call, status: 'completed', output: 'x' })
      if (kind === 'inquires') this.#inquire(part, call)
    }
    const waiting = made.filter(({ kind }) => /^(?:client|asks|denied)$/.test(kind))
    if (waiting.length > 0) this.#wait(waiting)
    for (const { kind, part, call } of made) {
      if (kind !== 'asks' && kind !== 'approved') continue
      this.#tool(part, { ...call, status: 'running' })
      this.#tool(part, { ...call, status: 'completed', output: 'z' })
    }
  }

  /** Waits for these calls, until they are answered. */
  #wait(waiting: readonly Made[]): void {
    this.#add({ type: 'message', message: this.#message('waiting') })
    for (const { kind, part, call } of waiting) {
      if (kind === 'client') this.#tool(part, { ...call, status: 'completed', output: 'y' })
      else this.#tool(part, { ...call, status: kind === 'denied' ? 'denied' : 'pending' })
    }
    this.#add({ type: 'message', message: this.#message('running') })
  }

  end(outcome: Outcome): LoggedRun {
    const error = { code: 'internal', message: 'It failed.', retryable: false } as const
    this.#add({
      ...{ type: 'end', runId, messageId, outcome, usage: null },
      ...{
        finish: outcome === 'completed' ? 'stop' : null,
        error: outcome === 'failed' ? error : null,
      },
    })
    const log = this.#log.flatMap(({ seq, event }): CommittedEvent[] =>
      event.type === 'snapshot' ? [] : [{ seq, event }],
    )
    const empty = { session: {}, messages: [], hasOlder: false, seq: 0 } as unknown as SessionState
    const { messages } = this.#log.reduce<SessionState>(fold, empty)
    const message = messages.find(({ id }) => id === messageId)
    if (!message) throw new Error('a run has a message')
    const run: DoorRun = {
      ...{ runId, sessionId, questionId, messageId, status: outcome, model: 'm', createdAt: AT },
      ...{ after: 0, request: null, input: null, deletedAt: null },
    }
    return { run, log, message }
  }

  /** A call whose server asks a person something before it is done. */
  #inquire(part: number, call: ToolCall): void {
    const question: Question = {
      ...{ id: call.id, mode: 'form', message: 'Sure?', until: AT },
      form: { properties: { sure: { type: 'boolean' } } },
    }
    this.#tool(part, { ...call, questions: [question] })
    const questions: Question[] = [
      { ...question, reply: { action: 'accept', content: { sure: true } } },
    ]
    this.#tool(part, { ...call, questions })
    this.#tool(part, { ...call, questions, status: 'completed', output: 'x' })
  }

  #tool(part: number, call: ToolCall): void {
    this.#parts = [
      ...this.#parts.slice(0, part),
      { type: 'tool', call },
      ...this.#parts.slice(part + 1),
    ]
    this.#add({ type: 'tool', messageId, part, call })
  }

  #add(event: SessionEvent): void {
    this.#log.push({ seq: this.#log.length + 1, event })
  }

  #message(status: Message['status']): Message {
    return {
      ...{ id: messageId, sessionId, parentId: questionId, role: 'assistant', runId, status },
      ...{ parts: [...this.#parts], createdAt: AT, model: 'm', usage: null, error: null },
      siblings: { index: 0, count: 1, previous: null, next: null },
    }
  }
}
