import type { GivenFile } from '../../files/given-file.ts'
import type { Said, SaidCall } from '../../files/said.ts'
import type { ReadContent } from './content.ts'
import { DoorError } from '../errors.ts'

/**
 * Builds a conversation's history from posted items, one by one: each call follows the assistant's text that it came
 * with, and has its output.
 */
export class PostedHistory {
  readonly said: Said<GivenFile>[] = []
  readonly #calls: SaidCall[] = []
  /** Calls that may still be without an output. A request may have hundreds of thousands, so none is searched for. */
  readonly #openById = new Map<string, OpenCall[]>()
  readonly #openByName = new Map<string, OpenCall[]>()
  /** The step that the next call belongs to; null when that begins another one. */
  #step: Said<GivenFile> | null = null

  user(content: ReadContent): void {
    this.#step = null
    this.said.push({ role: 'user', ...content })
  }

  assistant(text: string): void {
    this.#beginStep(text)
  }

  call(call: SaidCall): void {
    const step = this.#step ?? this.#beginStep('')
    step.calls ??= []
    step.calls.push(call)
    this.#calls.push(call)
    if (call.result !== null) {
      this.#step = null
      return
    }
    listIn(this.#openById, call.id).push({ call, step })
    listIn(this.#openByName, call.name).push({ call, step })
  }

  /** @returns false when no call was posted that it belongs to */
  output(id: string, output: unknown): boolean {
    return this.#settle(this.#openById.get(id), output)
  }

  /** Of a function, as Chat Completions wrote calls once: without an id. */
  outputOf(name: string, output: unknown): boolean {
    return this.#settle(this.#openByName.get(name), output)
  }

  #beginStep(text: string): Said<GivenFile> {
    const step: Said<GivenFile> = { role: 'assistant', text, files: [] }
    this.#step = step
    this.said.push(step)
    return step
  }

  /** Gives the output to the last of these calls that has none. */
  #settle(open: OpenCall[] | undefined, output: unknown): boolean {
    let last = open?.pop()
    // By the other name it has its output already.
    while (last && last.call.result !== null) last = open?.pop()
    if (!last) return false
    last.call.result = { output }
    // Items after an output belong to the next step, because the model has read the output.
    if (last.step === this.#step) this.#step = null
    return true
  }

  /** Takes what the user said last, if nothing was said behind it. */
  takeQuestion(): Said<GivenFile> | null {
    return this.said.at(-1)?.role === 'user' ? (this.said.pop() ?? null) : null
  }

  /** Ids of calls that no output was posted for. */
  get unanswered(): string[] {
    return this.#calls.flatMap(({ id, result }) => (result === null ? [id] : []))
  }
}

type OpenCall = { call: SaidCall; step: Said<GivenFile> }

function listIn(calls: Map<string, OpenCall[]>, key: string): OpenCall[] {
  const list = calls.get(key) ?? []
  calls.set(key, list)
  return list
}

/** An output that no call was posted for, and where it stands in the request. */
export type Stray = { id: string; param: string }

/**
 * @param param where the history stands in the request
 * @throws where a call has no output, or an output no call: no provider takes such a conversation
 */
export function requireWhole(
  { unanswered }: PostedHistory,
  strays: readonly Stray[],
  param: string,
): void {
  const [stray] = strays
  if (stray) {
    const message = `No tool call found for function call output with call_id ${short(stray.id)}.`
    throw new DoorError(message, { param: stray.param })
  }
  if (unanswered.length > 0) {
    const ids = unanswered.slice(0, 10).map(short).join(', ')
    throw new DoorError(`No tool output found for function call ${ids}.`, { param })
  }
}

function short(id: string): string {
  return id.slice(0, 100)
}
