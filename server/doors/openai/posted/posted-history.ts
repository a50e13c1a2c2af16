import type { GivenFile } from '../../files/given-file.ts'
import type { Said, SaidCall } from '../../files/said.ts'
import type { ReadContent } from './content.ts'
import { DoorError } from '../errors.ts'

/**
 * Builds a conversation's history from posted items, one by one. Each call follows the text of the assistant before it,
 * and gets its output.
 */
export class PostedHistory {
  readonly said: Said<GivenFile>[] = []
  readonly #calls: SaidCall[] = []
  /** Calls that may be without an output, by id: a request may have hundreds of thousands, so none is searched for. */
  readonly #openById = new Map<string, OpenCall[]>()
  readonly #openByName = new Map<string, OpenCall[]>()
  /** The step of the next call; null when the call begins another step. */
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

  /** @returns false when there is no call for this output */
  output(id: string, output: unknown): boolean {
    return this.#settle(this.#openById.get(id), output)
  }

  /** Records the output of a function as Chat Completions once wrote it: by its name, without an id. */
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
    // A call that is known by both its name and an id has its output already.
    while (last && last.call.result !== null) last = open?.pop()
    if (!last) return false
    last.call.result = { output }
    // Items after an output belong to the next step, because the model has read the output.
    if (last.step === this.#step) this.#step = null
    return true
  }

  /** Removes and returns the last message, if it is the user's. */
  takeQuestion(): Said<GivenFile> | null {
    return this.said.at(-1)?.role === 'user' ? (this.said.pop() ?? null) : null
  }

  /** The ids of calls without an output. */
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

/** An output without its call, and its place in the request. */
export type Stray = { id: string; param: string }

/**
 * @param param the place of the history in the request
 * @throws for a call without an output or an output without a call, because no provider accepts such a conversation
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
