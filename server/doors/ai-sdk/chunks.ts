import type { ChunkEvent } from '../../../shared/contract/events.ts'
import type { CallId } from '../../../shared/contract/ids.ts'
import type { ToolCall } from '../../../shared/contract/tool.ts'
import type { DoorRun } from '../../../db/queries/doors/responses.ts'
import type { AppendedEvent } from '../../log/events.ts'
import { ToldParts } from '../part-events.ts'
import type { PartEvent, StartEvent } from '../part-events.ts'

/** A chunk of the AI SDK's UI message stream. */
export type Chunk = { type: string } & Record<string, unknown>

/** The log of one run as chunks of one UI message. The same log gives the same chunks. */
export class UiChunks {
  readonly #run: DoorRun
  #begun = false
  /** The open step: its first part, and whether it has made calls; null while no step is open. */
  #step: { start: number; hasCalls: boolean } | null = null
  #open: { part: number; id: string; kind: 'text' | 'reasoning'; length: number } | null = null
  #attempt = 0
  readonly #told = new ToldParts()
  readonly #calls = new Map<CallId, ToolCall['status']>()
  readonly #asked = new Map<string, 'open' | 'answered'>()

  constructor(run: DoorRun) {
    this.#run = run
  }

  /** The beginning of the message, for readers who join in the middle. */
  again(): Chunk[] {
    return [{ type: 'start', messageId: this.#run.messageId }]
  }

  /** The last chunks of a stream whose run waits. */
  pause(): Chunk[] {
    return [...this.#endStep(), { type: 'finish' }]
  }

  translate(event: AppendedEvent): Chunk[] {
    const { runId, messageId } = this.#run
    switch (event.type) {
      case 'start':
        // Earlier runs may have written some of the answer.
        return event.messageId === messageId ? this.#start(event) : []
      case 'chunk':
      case 'tool':
        if (event.messageId !== messageId) return []
        this.#told.add(event)
        return this.#part(event)
      case 'end': {
        if (event.runId !== runId) return []
        const { outcome, error, finish, usage } = event
        const metadata = usage && { messageMetadata: { usage } }
        const ended = this.#endStep()
        if (outcome === 'stopped') return [...ended, { type: 'abort', reason: 'stopped' }]
        if (outcome === 'completed') {
          const finishReason = finish === 'max-steps' ? 'other' : (finish ?? 'stop')
          return [...ended, { type: 'finish', finishReason, ...metadata }]
        }
        const errorText = error?.message ?? 'The answer was interrupted on the server.'
        return [...ended, { type: 'error', errorText }, { type: 'finish', finishReason: 'error' }]
      }
      case 'message':
      case 'session':
      case 'branch':
        return []
    }
  }

  #start(start: StartEvent): Chunk[] {
    const { attempt, keepParts } = start
    this.#attempt = attempt
    const begin = this.#begun ? [] : this.again()
    this.#begun = true
    for (const event of this.#told.missing(start)) begin.push(...this.#part(event))
    if (attempt === 1) return [...begin, ...this.#endStep()]
    // The parts of the cut step are removed.
    const reset = this.#step !== null && !this.#step.hasCalls && this.#step.start >= keepParts
    // A text that is kept is continued.
    if (this.#open && this.#open.part >= keepParts) this.#open = null
    return [...begin, ...(reset ? [{ type: 'reset-step' }] : [])]
  }

  #part(event: PartEvent): Chunk[] {
    return event.type === 'chunk' ? this.#text(event) : this.#call(event.part, event.call)
  }

  #text({ part, kind, offset, text }: ChunkEvent): Chunk[] {
    const step = this.#stepFor(part, false)
    const before: Chunk[] = []
    let open = this.#open
    if (open?.part !== part) {
      before.push(...this.#close())
      const name = kind === 'reasoning' ? ('reasoning' as const) : ('text' as const)
      open = { part, id: `${part}-${this.#attempt}`, kind: name, length: 0 }
      before.push({ type: `${name}-start`, id: open.id })
    }
    const delta = text.slice(Math.max(0, open.length - offset))
    this.#open = { ...open, length: open.length + delta.length }
    const said = delta === '' ? [] : [{ type: `${open.kind}-delta`, id: open.id, delta }]
    return [...step, ...before, ...said]
  }

  #call(part: number, call: ToolCall): Chunk[] {
    const before = this.#calls.get(call.id)
    const { id: toolCallId, name: toolName, input, status } = call
    const place = call.source === 'client' ? {} : { providerExecuted: true, dynamic: true }
    const chunks = before === undefined ? this.#placeFor(part) : []
    if (before === undefined) {
      chunks.push({ type: 'tool-input-available', toolCallId, toolName, input, ...place })
    }
    chunks.push(...this.#questions(call))
    if (status === before) return chunks
    this.#calls.set(call.id, status)
    // Nobody decided about a call that was stopped.
    if (before === 'awaiting-approval' && status !== 'failed') {
      const approved = status !== 'denied'
      chunks.push({ type: 'tool-approval-response', approvalId: toolCallId, approved })
    }
    switch (status) {
      case 'awaiting-approval':
        return [...chunks, { type: 'tool-approval-request', approvalId: toolCallId, toolCallId }]
      case 'completed':
        return [
          ...chunks,
          { type: 'tool-output-available', toolCallId, output: call.output ?? null, ...place },
        ]
      case 'denied':
        return [...chunks, { type: 'tool-output-denied', toolCallId }]
      case 'failed':
      case 'unknown': {
        const errorText = call.error ?? 'The call failed.'
        return [...chunks, { type: 'tool-output-error', toolCallId, errorText, ...place }]
      }
      case 'pending':
      case 'running':
        return chunks
    }
  }

  /** A new call is behind the text. An earlier one, which an import brought, is told of while the text goes on. */
  #placeFor(part: number): Chunk[] {
    if (this.#open && part < this.#open.part) return []
    return [...this.#close(), ...this.#stepFor(part, true)]
  }

  /** The questions of the call's MCP server as data parts; an answer replaces the part. */
  #questions({ id: callId, questions = [] }: ToolCall): Chunk[] {
    return questions.flatMap(({ id, ...question }) => {
      const state = question.reply ? 'answered' : 'open'
      if (this.#asked.get(id) === state) return []
      this.#asked.set(id, state)
      return [{ type: 'data-question', id, data: { callId, questionId: id, ...question } }]
    })
  }

  /** A step is text of the model and then its calls: text after calls begins the next step. */
  #stepFor(part: number, isCall: boolean): Chunk[] {
    const step = this.#step
    if (step && (isCall || !step.hasCalls)) {
      step.hasCalls ||= isCall
      return []
    }
    const ended = this.#endStep()
    this.#step = { start: part, hasCalls: isCall }
    return [...ended, { type: 'start-step' }]
  }

  #endStep(): Chunk[] {
    const closed = this.#close()
    const ended = this.#step === null ? [] : [{ type: 'finish-step' }]
    this.#step = null
    return [...closed, ...ended]
  }

  #close(): Chunk[] {
    const open = this.#open
    this.#open = null
    return open ? [{ type: `${open.kind}-end`, id: open.id }] : []
  }
}
