import { isDeepStrictEqual } from 'node:util'
import type { PGlite } from '@electric-sql/pglite'
import type { StoredPart } from '../../../db/stored-values.ts'
import type { SessionEvent } from '../../../shared/contract/events.ts'
import type { RunError } from '../../../shared/contract/errors.ts'
import type { ToolCall } from '../../../shared/contract/tool.ts'

/** A promise that did not hold, named by its text. */
export class BrokenPromise extends Error {
  constructor(promise: string, what: string) {
    super(`${promise}: ${what}`)
    this.name = 'BrokenPromise'
  }
}

export type RunRow = {
  id: string
  session: string
  status: string
  owner: string | null
  attempt: number
  question: string
  message: string
  /** If this run continues an answer, the number of parts that the answer had before; else null. */
  base: number | null
  stop: boolean
  error: RunError | null
}

type CallRecord = {
  call: ToolCall
  history: ToolCall['status'][]
  input: unknown
  /** The node that tries the call again, apart from its run. */
  triedBy: string | null
}
type Row = { session: string; seq: number; run: string | null; type: string; data: string }
type Found = {
  events: Row[] | null
  runs: RunRow[] | null
  messages: { id: string; text: string }[] | null
  steps: { run: string; count: number }[] | null
  /** The number of events other than text, none of which is ever removed. */
  lasting: number
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
  readonly #attempts = new Map<string, number>()
  readonly #ended = new Set<string>()
  #lasting = 0

  constructor(pglite: PGlite, sessions: readonly string[]) {
    this.#pglite = pglite
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
    const found = await this.#find()
    const before = this.runs
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
      this.#take(row, event, nodeId, before)
      if (event.type === 'end') {
        ended.push(event.messageId)
      }
    }
    if (found.lasting !== this.#lasting) {
      throw new BrokenPromise('P1', 'something was written, or is gone, before the end of a log')
    }
    await this.#compareStored(ended)
  }

  #take(row: Row, event: SessionEvent, nodeId: string, before: Map<string, RunRow>): void {
    if (row.run === null) {
      return
    }
    if (this.#ended.has(row.run)) {
      throw new BrokenPromise('P9', `${row.type} of run ${row.run} after its end`)
    }
    const owned = before.get(row.run)?.owner === nodeId || this.runs.get(row.run)?.owner === nodeId
    if (!owned && !(event.type === 'tool' && this.#mayChange(event.call, nodeId))) {
      throw new BrokenPromise('P8', `a node that does not own run ${row.run} wrote ${row.data}`)
    }
    switch (event.type) {
      case 'start':
        return this.#start(event, row.run)
      case 'chunk':
        return this.#chunk(event)
      case 'tool':
        return this.#tool(event, nodeId)
      case 'end':
        this.#ended.add(row.run)
        return
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
    const attempt = (this.#attempts.get(run) ?? 0) + 1
    if (event.attempt !== attempt) {
      throw new BrokenPromise('P6', `attempt ${event.attempt} of run ${run} is its ${attempt}th`)
    }
    this.#attempts.set(run, attempt)
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

  async #find(): Promise<Found> {
    const { rows } = await this.#pglite.query<Found>(
      `select
        (select json_agg(row_to_json(e)) from (
          select events.session_id as session, seq, run_id as run, type, data from events
          join unnest($1::uuid[], $2::bigint[]) as heads (session_id, head) on heads.session_id = events.session_id
          where seq > head order by events.session_id, seq) as e) as events,
        (select json_agg(row_to_json(r)) from (
          select id, session_id as session, status, owner, attempt, question_id as question, message_id as message,
            base_parts as base, stop_requested_at is not null as stop, error from runs) as r) as runs,
        (select json_agg(row_to_json(m)) from (select id, text from messages) as m) as messages,
        (select json_agg(row_to_json(s)) from (
          select run_id as run, count(*) as count from steps group by run_id) as s) as steps,
        (select count(*) from events where type <> 'chunk') as lasting`,
      [[...this.heads.keys()], [...this.heads.values()]],
    )
    const found = rows[0]
    if (!found) {
      throw new Error('the database answered nothing')
    }
    return found
  }
}

/** True when a person is asked whether a call whose outcome is unknown may be tried again. */
function isRetryToDecide({ history }: CallRecord): boolean {
  return history.at(-1) === 'awaiting-approval' && history.at(-2) === 'unknown'
}
