import { isDeepStrictEqual } from 'node:util'
import type { PGlite } from '@electric-sql/pglite'
import type { StoredPart } from '../../../db/stored-values.ts'
import type { SessionEvent } from '../../../shared/contract/events.ts'
import type { ToolCall } from '../../../shared/contract/tool.ts'
import { Attempts } from './attempts.ts'
import type { Written } from './attempts.ts'
import { BrokenPromise } from './broken-promise.ts'
import { readContent } from './content.ts'
import type { EventRow, RunRow } from './content.ts'

type CallRecord = {
  call: ToolCall
  history: ToolCall['status'][]
  input: unknown
  /** The node that tries the call again, apart from its run. */
  triedBy: string | null
}

/**
 * The content of the database, read after every write of a node and checked against the promises: who wrote it, in
 * which order, and whether that node was allowed to.
 */
export class Ledger {
  readonly #pglite: PGlite
  readonly heads = new Map<string, number>()
  runs = new Map<string, RunRow>()
  steps = new Map<string, number>()
  /** The current text of each message, and the ids of all messages that ever existed. */
  messages = new Map<string, string>()
  readonly everSeen = new Set<string>()
  readonly calls = new Map<string, CallRecord>()
  /** The parts of each answer according to its log. */
  readonly parts = new Map<string, StoredPart[]>()
  /** The person who owns the sessions; null before the first write. */
  person: string | null = null
  readonly #attempts: Attempts
  #lasting = 0

  /** @param newestNumber the number of the newest request to a model */
  constructor(pglite: PGlite, sessions: readonly string[], newestNumber: () => number) {
    this.#pglite = pglite
    this.#attempts = new Attempts(newestNumber)
    for (const session of sessions) {
      this.heads.set(session, 0)
    }
  }

  get activeRuns(): RunRow[] {
    return [...this.runs.values()].filter(({ status }) => status === 'running')
  }

  /** The runs that answer the question with this text; of several, all but the first continue its answer. */
  runsAbout(question: string): RunRow[] {
    return [...this.runs.values()].filter((run) => this.messages.get(run.question) === question)
  }

  /** The run that wrote the answer's newest parts, or is about to. */
  newestRunOf(message: string): RunRow | undefined {
    const runs = [...this.runs.values()].filter((run) => run.message === message)
    return runs.toSorted((a, b) => (a.id < b.id ? -1 : 1)).at(-1)
  }

  callsThat(status: ToolCall['status']): ToolCall[] {
    return [...this.calls.values()].flatMap(({ call }) => (call.status === status ? [call] : []))
  }

  /** Reads new content, which only `nodeId` can have written. */
  async read(nodeId: string): Promise<void> {
    const found = await readContent(this.#pglite, this.heads)
    const before = this.runs
    this.person = found.person
    this.runs = new Map(found.runs?.map((run) => [run.id, run]))
    this.steps = new Map(found.steps?.map(({ run, count }) => [run, count]))
    this.messages = new Map(found.messages?.map(({ id, text }) => [id, text]))
    for (const id of this.messages.keys()) {
      this.everSeen.add(id)
    }
    const ended: string[] = []
    for (const row of found.events ?? []) {
      const head = this.heads.get(row.session) ?? 0
      if (row.seq !== head + 1) {
        throw new BrokenPromise('P1', `after ${head} came ${row.seq} in the log`)
      }
      this.heads.set(row.session, row.seq)
      this.#lasting += row.type === 'chunk' ? 0 : 1
      const event: SessionEvent = JSON.parse(row.data)
      if (row.run !== null) {
        const written = { run: row.run, nodeId, before, after: this.runs }
        this.#take(row, event, written, found.living ?? [])
      }
      if (event.type === 'end') {
        ended.push(event.messageId)
      }
    }
    this.#attempts.wake(before, this.runs)
    if (found.strange > 0) {
      throw new BrokenPromise('P10', 'something in a session belongs to somebody else')
    }
    if (found.lasting !== this.#lasting) {
      throw new BrokenPromise('P1', 'something was written, or is gone, before the end of a log')
    }
    await this.#compareStored(ended)
  }

  #take(row: EventRow, event: SessionEvent, written: Written, living: readonly string[]): void {
    const { run, nodeId, before } = written
    this.#attempts.checkOpen(run, row.type)
    switch (event.type) {
      case 'start':
        this.#attempts.start(event.attempt, written, living)
        return this.#start(event, run)
      case 'chunk':
        this.#attempts.chunk(event.text, written)
        return this.#chunk(event)
      case 'tool': {
        const owners = [before.get(run)?.owner, this.runs.get(run)?.owner]
        if (!owners.includes(nodeId) && !this.#mayChange(event.call, nodeId)) {
          throw new BrokenPromise('P8', `a node that does not own run ${run} wrote ${row.data}`)
        }
        return this.#tool(event, nodeId)
      }
      case 'end':
        return this.#attempts.end(written)
      case 'message':
      case 'session':
      case 'snapshot':
        return
    }
  }

  /** True when a node that does not own the call's run may write this of it. */
  #mayChange({ id, status }: ToolCall, nodeId: string): boolean {
    const record = this.calls.get(id)
    if (status === 'pending' || status === 'denied') {
      return true
    }
    if (!record) {
      return false
    }
    // A person resolves an unknown call on any node, and decides there whether it is tried again.
    if (record.call.status === 'unknown' || isRetryToDecide(record)) {
      return true
    }
    // The node that tries it again records the outcome; any node gives it up when that one is gone.
    return record.triedBy === nodeId || (record.triedBy !== null && status === 'unknown')
  }

  #start(event: Extract<SessionEvent, { type: 'start' }>, run: string): void {
    if (event.keepParts < (this.runs.get(run)?.base ?? 0)) {
      throw new BrokenPromise('P5', `run ${run} gave up parts of the answer that it continues`)
    }
    const kept = event.message.parts.map((part): StoredPart =>
      part.type === 'tool' ? { type: 'tool', id: part.call.id } : part,
    )
    const known = (this.parts.get(event.messageId) ?? []).slice(0, event.keepParts)
    if (kept.length !== event.keepParts || !isDeepStrictEqual(kept, known)) {
      throw new BrokenPromise(
        'P6',
        `a takeover kept ${JSON.stringify(kept)} of ${JSON.stringify(known)}`,
      )
    }
    this.parts.set(event.messageId, kept)
  }

  #chunk({ messageId, part, kind, offset, text }: Extract<SessionEvent, { type: 'chunk' }>): void {
    const parts = this.parts.get(messageId) ?? []
    const there = parts[part]
    const before = there && 'text' in there ? there.text : ''
    if (part > parts.length || offset !== before.length || (there && there.type !== kind)) {
      throw new BrokenPromise('P1', `chunk ${part}+${offset} of ${messageId} does not follow`)
    }
    if (!text.isWellFormed()) {
      throw new BrokenPromise('P1', 'a chunk splits a surrogate pair')
    }
    parts[part] = { type: kind, text: before + text }
    this.parts.set(messageId, parts)
  }

  #tool({ messageId, part, call }: Extract<SessionEvent, { type: 'tool' }>, nodeId: string): void {
    const record: CallRecord = this.calls.get(call.id) ?? {
      call,
      history: [],
      input: call.input,
      triedBy: null,
    }
    const { history } = record
    const again = history.at(-1) === 'unknown' || isRetryToDecide(record)
    const triedBy = again && call.status === 'running' ? nodeId : record.triedBy
    if (history.includes('awaiting-approval') && call.status === 'running') {
      if (history.at(-1) !== 'pending' && !isRetryToDecide(record)) {
        throw new BrokenPromise('P11', `call ${call.id} began after ${history.join()}`)
      }
    }
    if (call.status === 'pending' && history.at(-1) !== 'awaiting-approval') {
      throw new BrokenPromise('P11', `call ${call.id} was approved after ${history.join()}`)
    }
    if (!isDeepStrictEqual(call.input, record.input)) {
      throw new BrokenPromise('P11', `the arguments of call ${call.id} changed`)
    }
    if (call.status === 'unknown' && !call.error) {
      throw new BrokenPromise('P7', `nobody is told why call ${call.id} is unknown`)
    }
    history.push(call.status)
    this.calls.set(call.id, { ...record, call, triedBy })
    const parts = this.parts.get(messageId) ?? []
    parts[part] = { type: 'tool', id: call.id }
    this.parts.set(messageId, parts)
  }

  /** The stored parts of an ended answer equal those in its log, also of a stopped answer. */
  async #compareStored(messageIds: string[]): Promise<void> {
    for (const id of messageIds) {
      const { rows } = await this.#pglite.query<{ parts: StoredPart[] }>(
        'select parts from messages where id = $1',
        [id],
      )
      if (!isDeepStrictEqual(rows[0]?.parts, this.parts.get(id) ?? [])) {
        throw new BrokenPromise(
          'P9',
          `the answer keeps ${JSON.stringify(rows[0]?.parts)}, its log told ${JSON.stringify(this.parts.get(id))}`,
        )
      }
    }
  }
}

/** True when a person is asked whether a call whose outcome is unknown may be tried again. */
function isRetryToDecide({ history }: CallRecord): boolean {
  return history.at(-1) === 'awaiting-approval' && history.at(-2) === 'unknown'
}
