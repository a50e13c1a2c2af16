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

/** The kinds of calls, by what becomes of them. */
export const KINDS = [
  /** The client answers: while the run waits, before that, or not in time. */
  ...(['client', 'early', 'late'] as const),
  /** The server answers, fails, asks a person something in between, or is lost in a takeover. */
  ...(['server', 'fails', 'inquires', 'lost'] as const),
  /** A person approves: while the run waits, or before that; or denies it. */
  ...(['asks', 'approved', 'denied'] as const),
  /** The model called what it cannot. */
  'bad',
] as const
export type CallKind = (typeof KINDS)[number]

type Attempts = {
  cut: readonly (readonly [Pieces, boolean])[]
  written: Pieces
}
type Earlier = Attempts & { calls: readonly CallKind[]; isImported: boolean }
type Pieces = readonly (readonly [TextKind, string])[]
type Made = { kind: CallKind; part: number; call: ToolCall }

/** Writes the log of one run. */
export class RunWriter {
  #log: LoggedEvent[] = []
  #parts: Part[] = []
  #kept = 0
  #runId = runId
  #attempt = 1
  #calls = 0

  constructor(earlier: Earlier | null = null) {
    if (earlier) {
      this.#start(earlierId)
      this.writeAttempts(earlier)
      this.call(earlier.calls, { isTaken: false, isEnded: false })
      this.#kept = this.#parts.length
      this.#add({
        ...{ type: 'end', runId: earlierId, messageId, usage: null, error: null },
        ...{ outcome: 'completed', finish: 'length' },
      })
    }
    const { length } = this.#log
    this.#start(runId)
    if (earlier?.isImported) this.#log = this.#log.slice(length)
  }

  #start(id: RunId): void {
    this.#runId = id
    this.#attempt = 1
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

  writeAttempts({ cut: attempts, written: last }: Attempts, tellsAgain = false): void {
    for (const [pieces, goesOn] of attempts) {
      this.write(pieces, tellsAgain)
      this.takeOver(goesOn)
    }
    this.write(last, tellsAgain)
  }

  write(pieces: Pieces, tellsAgain = false): void {
    for (const [kind, text] of pieces) {
      const last = this.#parts.at(-1)
      const goesOn = this.#parts.length > this.#kept && last?.type === kind
      const offset = goesOn ? last.text.length : 0
      const part = goesOn ? this.#parts.length - 1 : this.#parts.length
      const before = goesOn ? last.text : ''
      this.#parts = [...this.#parts.slice(0, part), { type: kind, text: before + text }]
      this.#add({ type: 'chunk', messageId, part, kind, offset, text })
      if (tellsAgain) this.tellAgain()
    }
  }

  /** Tells of each earlier call as it is. One of unknown outcome is tried again, and has ended when told of once more. */
  tellAgain(): void {
    this.#parts.forEach((one, part) => {
      if (one.type === 'tool') this.#tool(part, toldAgain(one.call))
    })
  }

  takeOver(goesOn: boolean): void {
    this.#attempt += 1
    this.#parts = goesOn ? this.#parts : this.#parts.slice(0, this.#kept)
    const [attempt, keepParts] = [this.#attempt, this.#parts.length]
    this.#add({
      ...{ type: 'start', runId: this.#runId, messageId, attempt, keepParts },
      message: this.#message('running'),
    })
  }

  /**
   * Ends the step with these calls; the run waits for those that others answer.
   *
   * @param isEnded the run ends before they are done: while it waits, if it does
   */
  call(
    kinds: readonly CallKind[],
    { isTaken, isEnded }: { isTaken: boolean; isEnded: boolean },
  ): void {
    const made = kinds.map((kind) => this.#make(kind))
    this.#kept = this.#parts.length
    // Answered before the run has come to wait.
    for (const { kind, part, call } of made) {
      if (kind === 'early') this.#tool(part, { ...call, status: 'completed', output: 'y' })
      if (kind === 'approved') this.#tool(part, { ...call, status: 'pending' })
    }
    if (isTaken) this.takeOver(true)
    for (const { kind, part, call } of made) {
      if (kind === 'server') this.#tool(part, { ...call, status: 'completed', output: 'x' })
      if (kind === 'fails') this.#tool(part, { ...call, status: 'failed', error: 'No.' })
      if (kind === 'lost') this.#tool(part, { ...call, status: 'unknown', error: 'Who knows?' })
      if (kind === 'inquires') this.#inquire(part, call)
    }
    const waiting = made.filter(({ kind }) => /^(?:client|late|asks|denied)$/.test(kind))
    if (waiting.length > 0) this.#wait(isEnded ? [] : waiting)
    for (const { kind, part, call } of made) {
      const isOpen = kind === 'approved' || (isEnded && waiting.some((one) => one.call === call))
      if (isEnded && isOpen) this.#tool(part, { ...call, status: 'failed', error: 'Stopped.' })
      if (isEnded || (kind !== 'asks' && kind !== 'approved')) continue
      this.#tool(part, { ...call, status: 'running' })
      this.#tool(part, { ...call, status: 'completed', output: 'z' })
    }
  }

  #make(kind: CallKind): Made {
    this.#calls += 1
    const number = String(this.#calls).padStart(4, '0')
    const id = CallId.parse(`01890a5d-ac96-774b-bcce-00000001${number}`)
    const isClients = /^(?:client|early|late|bad)$/.test(kind)
    const asks = /^(?:asks|approved|denied)$/.test(kind)
    const call: ToolCall = {
      ...{ id, name: kind, effect: 'once', input: { n: 1 } },
      source: isClients ? 'client' : 'builtin',
      status: kind === 'bad' ? 'failed' : asks ? 'awaiting-approval' : 'running',
    }
    const part = this.#parts.length
    this.#tool(part, call)
    return { kind, part, call }
  }

  /** Waits for these calls, until they are answered. */
  #wait(waiting: readonly Made[]): void {
    this.#add({ type: 'message', message: this.#message('waiting') })
    for (const { kind, part, call } of waiting) {
      if (kind === 'client') this.#tool(part, { ...call, status: 'completed', output: 'y' })
      else if (kind === 'late') this.#tool(part, { ...call, status: 'failed', error: 'Too late.' })
      else this.#tool(part, { ...call, status: kind === 'denied' ? 'denied' : 'pending' })
    }
    this.#add({ type: 'message', message: this.#message('running') })
  }

  end(outcome: Outcome, finish: 'stop' | 'length' | 'content-filter' | 'max-steps'): LoggedRun {
    const error = { code: 'internal', message: 'It failed.', retryable: false } as const
    for (const [part, one] of this.#parts.entries()) {
      const isTriedAgain =
        one.type === 'tool' && one.call.name === 'lost' && one.call.status === 'running'
      if (isTriedAgain) this.#tool(part, toldAgain(one.call))
    }
    this.#add({
      ...{ type: 'end', runId, messageId, outcome, usage: null },
      ...{
        finish: outcome === 'completed' ? finish : null,
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
    this.#log.push({ seq: (this.#log.at(-1)?.seq ?? 0) + 1, event })
  }

  #message(status: Message['status']): Message {
    return {
      ...{ id: messageId, sessionId, parentId: questionId, role: 'assistant', runId, status },
      ...{ parts: [...this.#parts], createdAt: AT, model: 'm', usage: null, error: null },
      siblings: { index: 0, count: 1, previous: null, next: null },
    }
  }
}

function toldAgain(call: ToolCall): ToolCall {
  const { error: _, ...rest } = call
  if (call.status === 'unknown') return { ...rest, status: 'running' }
  return call.name === 'lost' ? { ...rest, status: 'completed', output: 'y' } : call
}
