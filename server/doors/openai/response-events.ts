import { isDeepStrictEqual } from 'node:util'
import type { ChunkEvent } from '../../../shared/contract/events.ts'
import type { CallId } from '../../../shared/contract/ids.ts'
import type { ToolCall } from '../../../shared/contract/tool.ts'
import type { AppendedEvent, CommittedEvent } from '../../log/events.ts'
import { conversationId, hex, responseId } from '../ids.ts'
import { ToldParts } from '../part-events.ts'
import type { StartEvent } from '../part-events.ts'
import type { DoorRun } from '../../../db/queries/doors/responses.ts'
import {
  beginServerCall,
  callAtOnce,
  callItem,
  endServerCall,
  isAsked,
  itemOfServerCall,
  kindOf,
} from './call-items.ts'
import type { CallKind } from './call-items.ts'
import { endOf, NO_END, toResponse } from './response-object.ts'
import type { Item, ResponseEnd, ResponseFrame, ResponseStatus } from './response-object.ts'
import { addText, beginText, endText, textItem } from './text-items.ts'
import type { OpenText, Unnumbered } from './text-items.ts'

export type NumberedEvent = Unnumbered & { sequence_number: number }

/** An output item that is kept, its place in the stream, and its part of the answer. */
type Kept = { part: number; index: number; item: Item }

/**
 * Translates the log of one run into the events of its responses. The events and their numbers depend on nothing but
 * the log, so they are the same for each reader at any time.
 */
export class ResponseEvents {
  readonly #run: DoorRun
  /** The number of the response whose events are sent now. */
  segment: number
  /** The response in which each call of the client was requested: functions, and approvals. */
  readonly #askedIn = new Map<CallId, number>()
  /** The response in which the run goes on, for each such call that was answered. */
  readonly goesOnIn = new Map<CallId, number>()
  /** The state of the response whose events are sent. */
  status: ResponseStatus = 'queued'
  #number = 0
  /** Counts the items of the stream, also discarded ones. */
  #index = 0
  #kept: Kept[] = []
  #open: OpenText | null = null
  /** Counts the attempts of the earlier runs too, so that no two items have one id. */
  #attempt = 0
  readonly #told = new ToldParts()
  /** The first part that this run wrote; earlier runs may have written the ones before. */
  #firstPart = 0
  /** The calls of this response. An open one runs, or waits for its answer. */
  readonly #calls = new Map<CallId, { kind: CallKind; index: number; isOpen: boolean }>()
  /** The item of each ended call of the server as it was sent last, also in an earlier response. */
  readonly #doneItems = new Map<CallId, Item>()
  #end: ResponseEnd = NO_END
  #at: string | null = null

  /** @param segment the number of the first response */
  constructor(run: DoorRun, segment = 0) {
    this.#run = run
    this.segment = segment
  }

  get isOver(): boolean {
    return this.status !== 'queued' && this.status !== 'in_progress'
  }

  /** True when the event of a call may end the response, because the response has calls for the client. */
  get isAsking(): boolean {
    return [...this.#askedIn.values()].includes(this.segment)
  }

  /** @param request the request's fields for the current response */
  response(request: Record<string, unknown>): Record<string, unknown> {
    const open = this.#open
    const item = open && { ...textItem(open, 'completed'), status: 'in_progress' }
    const all = open && item ? [...this.#kept, { index: open.index, item }] : this.#kept
    const output = all.toSorted((one, other) => one.index - other.index).map((kept) => kept.item)
    return toResponse(this.#frame(request), this.status, output, this.#end)
  }

  /** The first event of each response, which needs nothing of the log. */
  begin(): NumberedEvent[] {
    return this.#numbered([this.#withResponse('response.created')])
  }

  /** Begins the next response of a run that waited. */
  next(): NumberedEvent[] {
    this.segment += 1
    this.status = 'queued'
    this.#number = 0
    this.#index = 0
    this.#kept = []
    this.#calls.clear()
    this.#end = NO_END
    return this.begin()
  }

  /**
   * Translates an event of the log into the events of this protocol, in order.
   *
   * @param at the time of the event, needed at the end of a response
   */
  translate({ event }: CommittedEvent, at: string | null = null): NumberedEvent[] {
    this.#at = at
    return this.#numbered(this.#said(event))
  }

  #said(event: AppendedEvent): Unnumbered[] {
    const { runId, messageId } = this.#run
    switch (event.type) {
      case 'start':
        // Earlier runs may have written some of the answer.
        return event.messageId === messageId ? this.#started(event) : []
      case 'chunk':
        if (event.messageId !== messageId) return []
        this.#told.add(event)
        return [...this.#goesOn(), ...this.#added(event)]
      case 'tool': {
        if (event.messageId !== messageId) return []
        this.#told.add(event)
        const said = [...this.#goesOn(), ...this.#called(event.part, event.call)]
        return this.#isAnswered ? [...said, ...this.#ended('completed', NO_END)] : said
      }
      case 'message':
        if (event.message.id !== messageId) return []
        if (event.message.status === 'waiting') return this.#ended('completed', NO_END)
        return event.message.status === 'running' ? this.#goesOn() : []
      case 'end': {
        if (event.runId !== runId) return []
        const { status, end } = endOf(event)
        return this.#ended(status, end)
      }
      case 'session':
      case 'branch':
        return []
    }
  }

  #started(start: StartEvent): Unnumbered[] {
    const { attempt, keepParts } = start
    this.#attempt = Math.max(attempt, this.#attempt + 1)
    if (attempt === 1) this.#firstPart = keepParts
    // The previous attempt's output is discarded, unless this attempt continues it.
    const goesOn = attempt > 1 && this.#open !== null && this.#open.part < keepParts
    const given = goesOn ? [] : this.#close('incomplete')
    this.#kept = this.#kept.filter(({ part }) => part < keepParts)
    const said = [...given, ...this.#goesOn()]
    for (const event of this.#told.missing(start)) {
      said.push(
        ...(event.type === 'chunk' ? this.#added(event) : this.#called(event.part, event.call)),
      )
    }
    return goesOn ? said : [...said, ...this.#close('incomplete')]
  }

  #goesOn(): Unnumbered[] {
    if (this.status !== 'queued') return []
    this.status = 'in_progress'
    return [this.#withResponse('response.in_progress')]
  }

  #added(chunk: ChunkEvent): Unnumbered[] {
    const before: Unnumbered[] = []
    let open = this.#open
    if (open?.part !== chunk.part) {
      before.push(...this.#close('completed'))
      const id = `${chunk.kind === 'reasoning' ? 'rs' : 'msg'}_${hex(this.#run.messageId)}_${this.#attempt}_${chunk.part}`
      open = { part: chunk.part, kind: chunk.kind, text: '', id, index: this.#index }
      this.#index += 1
      this.#open = open
      before.push(...beginText(open))
    }
    // A chunk may begin with text that is there already.
    const delta = chunk.text.slice(Math.max(0, open.text.length - chunk.offset))
    if (delta === '') return before
    this.#open = { ...open, text: open.text + delta }
    return [...before, addText(open, delta)]
  }

  #called(part: number, call: ToolCall): Unnumbered[] {
    const isBehind = this.#open !== null && this.#open.part < part
    const closed = isBehind ? this.#close('completed') : []
    const kind = kindOf(call)
    if (!isAsked(kind)) this.#answered(call)
    if (kind === null) return closed
    const said = isAsked(kind) ? this.#asked(kind, part, call) : this.#carriedOut(part, call)
    return [...closed, ...said]
  }

  #asked(kind: 'function' | 'approval', part: number, call: ToolCall): Unnumbered[] {
    // The run does not wait for an earlier call that is tried again, so its approval must not end the response.
    if (this.#isEarlier(part) || this.#calls.has(call.id)) return []
    const index = this.#place(kind, call)
    this.#kept.push({ part, index, item: callItem(kind, call, 'completed') })
    this.#askedIn.set(call.id, this.segment)
    return callAtOnce(kind, call, index)
  }

  #carriedOut(part: number, call: ToolCall): Unnumbered[] {
    const isOpen = call.status === 'running'
    const known = this.#calls.get(call.id)
    const before = this.#doneItems.get(call.id)
    // The approval request of the call is another item of the same response.
    const isKnown = known?.kind === 'server'
    // The run does not wait for one that is tried again, and so the response does not.
    if (isKnown) this.#calls.set(call.id, { ...known, isOpen: isOpen && !before })
    if (isDeepStrictEqual(before, itemOfServerCall(call))) return []
    if (isKnown) return isOpen ? [] : this.#done(part, call, known.index)
    // The response may end before an earlier call that is tried again, so its item begins when it has ended.
    if (isOpen && (before || this.#isEarlier(part))) return []
    const index = this.#place('server', call, isOpen)
    return [...beginServerCall(call, index), ...(isOpen ? [] : this.#done(part, call, index))]
  }

  /** True for a call of an earlier step, of which the log tells again. */
  #isEarlier(part: number): boolean {
    return part < (this.#open?.part ?? this.#firstPart)
  }

  #done(part: number, call: ToolCall, index: number): Unnumbered[] {
    const { events, item } = endServerCall(call, index)
    this.#kept = [...this.#kept.filter((kept) => kept.item.id !== item.id), { part, index, item }]
    this.#doneItems.set(call.id, item)
    return events
  }

  #place(kind: CallKind, { id }: ToolCall, isOpen = true): number {
    const index = this.#index
    this.#index += 1
    this.#calls.set(id, { kind, index, isOpen })
    return index
  }

  /** Records that a call was answered, if the client answers it. */
  #answered({ id }: ToolCall): void {
    const asked = this.#askedIn.get(id)
    if (asked === undefined) return
    const known = this.#calls.get(id)
    if (known && isAsked(known.kind)) this.#calls.set(id, { ...known, isOpen: false })
    // An answer that comes before the run waits belongs to the response with the call; the run goes on in the next one.
    if (!this.goesOnIn.has(id)) this.goesOnIn.set(id, Math.max(asked + 1, this.segment))
  }

  /** True when all calls were answered before the run waited for them: the response ends as if it had waited. */
  get #isAnswered(): boolean {
    return !this.isOver && this.isAsking && ![...this.#calls.values()].some(({ isOpen }) => isOpen)
  }

  #close(status: 'completed' | 'incomplete'): Unnumbered[] {
    const open = this.#open
    if (!open) return []
    this.#open = null
    this.#kept.push({ part: open.part, index: open.index, item: textItem(open, status) })
    return endText(open, status)
  }

  #ended(status: ResponseStatus, end: ResponseEnd): Unnumbered[] {
    // A response that ends without output was in progress all the same.
    const begun = this.#goesOn()
    const closed = this.#close(status === 'completed' ? 'completed' : 'incomplete')
    this.status = status
    this.#end = { ...end, completedAt: status === 'completed' ? this.#at : null }
    // The protocol has no event for a cancelled response.
    const type = status === 'cancelled' ? 'incomplete' : status
    return [...begun, ...closed, this.#withResponse(`response.${type}`)]
  }

  /** The sender adds the fields of the request. */
  #withResponse(type: string): Unnumbered {
    return { type, response: this.response({}) }
  }

  #numbered(events: Unnumbered[]): NumberedEvent[] {
    return events.map((event) => {
      const sequence_number = this.#number
      this.#number += 1
      return { ...event, sequence_number }
    })
  }

  #frame(request: Record<string, unknown>): ResponseFrame {
    const { runId, sessionId, createdAt, model } = this.#run
    return {
      id: responseId({ runId, segment: this.segment }),
      conversation: conversationId(sessionId),
      ...{ createdAt, model, request },
    }
  }
}
