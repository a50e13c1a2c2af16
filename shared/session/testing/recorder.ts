import type { LoggedEvent, SessionEvent, SnapshotEvent } from '../../contract/events.ts'
import { CallId, MessageId, RunId, SessionId } from '../../contract/ids.ts'
import { openQuestion } from '../../contract/open-question.ts'
import { uuidV7 } from '../../contract/new-id.ts'
import type { Message, Outcome, Part, TextKind } from '../../contract/message.ts'
import type { ToolStatus } from '../../contract/tool.ts'

/**
 * A session that writes valid logs, for tests: an independent, mutable implementation of the meaning of events, which
 * the fold is compared with. `views[i]` is the view of a fresh reader at that event.
 */
export class LogRecorder {
  readonly log: LoggedEvent[] = []
  readonly views: { seq: number; event: SnapshotEvent }[] = []
  readonly #session
  readonly #branch: Message[] = []
  readonly #queue: Message[] = []
  #ids = 0
  #attempt = 0

  constructor() {
    this.#session = {
      id: SessionId.parse(this.#id()),
      title: null as string | null,
      summary: null,
      status: 'active' as const,
      model: null,
      systemPrompt: null,
      pinned: false,
      archived: false,
      running: false,
      waiting: false,
      createdAt: this.#now(),
      updatedAt: this.#now(),
      endedAt: null,
      durationMs: null,
      seq: 0,
    }
    this.#view()
  }

  get id(): SessionId {
    return this.#session.id
  }

  get running(): boolean {
    return this.#session.running
  }

  /** Adds a user message: queued while a run is active. */
  say(text: string, id: string = this.#id()): Message {
    const queued = this.#session.running
    const parts: Part[] = [{ type: 'text', text }]
    const message = this.#message(id, 'user', parts, queued ? 'queued' : 'completed')
    if (queued) this.#queue.push(message)
    else this.#branch.push(message)
    this.#touch(message)
    this.#append({ type: 'message', message })
    return message
  }

  /** Edits the last queued message, if there is one. */
  editQueued(text: string): void {
    const message = this.#queue.at(-1)
    if (message === undefined) return
    message.parts = [{ type: 'text', text }]
    this.#append({ type: 'message', message })
  }

  /** Logs a change of an answer on another branch, which readers of this one do not see. */
  changeElsewhere(text: string): void {
    const parts: Part[] = [{ type: 'text', text }]
    const message = this.#message(this.#id(), 'assistant', parts, 'stopped')
    this.#append({ type: 'message', message })
  }

  rename(title: string): void {
    this.#session.title = title
    this.#append({ type: 'session', session: this.#session })
  }

  /** Begins the answer to the next message; a queued message first joins the branch. */
  start(): void {
    if (this.#session.running) return
    const next = this.#queue.shift()
    if (next !== undefined) {
      next.parentId = this.#branch.at(-1)?.id ?? null
      next.status = 'completed'
      this.#branch.push(next)
      this.#touch(next)
      this.#append({ type: 'message', message: next })
    }
    this.#branch.push(this.#message(this.#id(), 'assistant', [], 'running'))
    this.#attempt = 0
    this.#begin()
  }

  /** Another node takes the run over and keeps `keepParts` of its parts. */
  takeOver(keepParts: number): void {
    if (!this.#session.running) return
    this.#answer().parts.splice(keepParts)
    this.#begin()
  }

  /** Appends text to the answer's last part, or to a new one if that is of another kind or `fresh` is set. */
  write(kind: TextKind, text: string, fresh: boolean): void {
    if (!this.#session.running || this.#session.waiting || text === '') return
    const { id, parts } = this.#answer()
    const last = parts.at(-1)
    const open = !fresh && last?.type === kind ? last : { type: kind, text: '' }
    if (open !== last) parts.push(open)
    const offset = open.text.length
    open.text += text
    this.#append({ type: 'chunk', messageId: id, part: parts.indexOf(open), kind, offset, text })
  }

  /** Changes the call that is the answer's last part, or adds one. */
  call(status: ToolStatus, output: unknown): void {
    if (!this.#session.running) return
    const { id, parts } = this.#answer()
    const last = parts.at(-1)
    const known = last?.type === 'tool' ? last.call.id : CallId.parse(this.#id())
    const call = {
      id: known,
      name: 'clock',
      source: 'builtin' as const,
      effect: 'read' as const,
      status,
      input: { zone: 'UTC' },
      output,
    }
    const closes = this.#isAsking
    if (last?.type === 'tool') last.call = call
    else parts.push({ type: 'tool', call })
    if (closes) this.#session.waiting = false
    const part = parts.length - 1
    this.#append({ type: 'tool', messageId: id, part, call, ...(closes && { waiting: false }) })
  }

  /** Asks a person a question during a call, or closes the open one. */
  ask(): void {
    if (!this.#session.running) return
    const { id, parts, status } = this.#answer()
    const last = parts.at(-1)
    if (status !== 'running') return
    if (last?.type !== 'tool' || last.call.status !== 'running') return
    const waiting = !this.#session.waiting
    const url = { mode: 'url' as const, message: 'Sign', url: 'https://sign.example' }
    const question = { ...url, id: this.#id(), until: this.#now() }
    const reply = { action: 'cancel' as const }
    last.call = { ...last.call, questions: [waiting ? question : { ...question, reply }] }
    this.#session.waiting = waiting
    this.#append({ type: 'tool', messageId: id, part: parts.length - 1, call: last.call, waiting })
  }

  /** Lets the answer wait for a person, or continue if it does. */
  park(): void {
    if (!this.#session.running || this.#isAsking) return
    const message = this.#answer()
    this.#session.waiting = !this.#session.waiting
    message.status = this.#session.waiting ? 'waiting' : 'running'
    this.#append({ type: 'message', message })
  }

  end(outcome: Outcome): void {
    if (!this.#session.running) return
    const message = this.#answer()
    message.status = outcome
    message.usage = { inputTokens: 3, outputTokens: 5, costUsd: null }
    message.error =
      outcome === 'failed' ? { code: 'internal', message: '!', retryable: true } : null
    this.#session.running = false
    this.#session.waiting = false
    const { id, usage, error } = message
    const runId = message.runId ?? RunId.parse(this.#id())
    this.#append({ type: 'end', runId, messageId: id, outcome, finish: null, usage, error })
  }

  #begin(): void {
    const message = this.#answer()
    this.#attempt += 1
    this.#session.running = true
    this.#session.waiting = message.parts.some(
      (part) => part.type === 'tool' && openQuestion(part.call) !== undefined,
    )
    message.status = 'running'
    this.#touch(message)
    this.#append({
      type: 'start',
      runId: message.runId ?? RunId.parse(this.#id()),
      messageId: message.id,
      message,
      attempt: this.#attempt,
      keepParts: message.parts.length,
    })
  }

  get #isAsking(): boolean {
    return this.#session.waiting && this.#answer().status === 'running'
  }

  #answer(): Message {
    const message = this.#branch.at(-1)
    if (message === undefined) throw new Error('Nothing is being answered')
    return message
  }

  #message(id: string, role: Message['role'], parts: Part[], status: Message['status']): Message {
    return {
      id: MessageId.parse(id),
      sessionId: this.#session.id,
      parentId: this.#branch.at(-1)?.id ?? null,
      role,
      parts,
      createdAt: this.#now(),
      runId: role === 'assistant' ? RunId.parse(this.#id()) : null,
      status,
      siblings: { index: 0, count: 1, previous: null, next: null },
      model: null,
      usage: null,
      error: null,
    }
  }

  #append(event: SessionEvent): void {
    this.#session.seq += 1
    this.log.push(structuredClone({ seq: this.#session.seq, event }))
    this.#view()
  }

  #view(): void {
    const messages = [...this.#branch, ...this.#queue]
    const event = { type: 'snapshot' as const, session: this.#session, messages, hasOlder: false }
    this.views.push(structuredClone({ seq: this.#session.seq, event }))
  }

  #touch({ createdAt }: Message): void {
    if (createdAt > this.#session.updatedAt) this.#session.updatedAt = createdAt
  }

  #now(): string {
    return new Date(1_700_000_000_000 + this.#ids * 1000).toISOString()
  }

  #id(): string {
    this.#ids += 1
    return uuidV7(this.#ids, new Uint8Array(16).fill(this.#ids % 256))
  }
}
