import type { ModelDelta } from '../port.ts'
import { AlteredOutlet } from './altered-outlet.ts'
import type { DeltaOutlet } from './delta-queue.ts'

/** This many UTF-16 units of the beginning are enough to recognise that a model repeats its answer. */
const TELLING = 48
/** A shorter beginning may be repeated by chance. */
const CERTAIN = 16

/** True where an answer that begins as this did is surely said again. */
export function tellsApart(beginning: string): boolean {
  return beginning.trim().length >= CERTAIN
}

/**
 * Receives what a model writes after the beginning of its own answer. A server that does not support this repeats the
 * beginning, or starts to reason again; that is recognised before anything is passed on.
 */
export class ContinuedOutlet extends AlteredOutlet {
  readonly #beginning: string
  /** Whitespace at the end of the beginning, which is not sent. */
  readonly #blanks: string
  /** Text that is buffered until it is known whether it continues the cut one. */
  #held: string | null = ''

  /** @param prefix the text of the answer that readers have seen */
  constructor(outlet: DeltaOutlet, prefix: string) {
    super(outlet)
    this.#beginning = prefix.trimStart().slice(0, TELLING).trimEnd()
    this.#blanks = prefix.slice(prefix.trimEnd().length)
  }

  override again(): void {
    this.#held = ''
  }

  push(delta: ModelDelta): void {
    if (this.diverged) return
    if (this.#held === null || BESIDE.has(delta.type)) return this.outlet.push(delta)
    if (delta.type === 'reasoning' || delta.type === 'refusal') {
      this.diverged = true
      return
    }
    if (delta.type === 'text') this.#held += delta.text
    const begun = this.#held.trimStart()
    if (begun.startsWith(this.#beginning)) {
      this.diverged = true
      return
    }
    if (delta.type === 'text' && this.#beginning.startsWith(begun)) return
    const text = this.#held.slice(this.#repeatedBlanks(this.#held))
    this.#held = null
    if (text !== '') this.outlet.push({ type: 'text', text })
    if (delta.type !== 'text') this.outlet.push(delta)
  }

  #repeatedBlanks(text: string): number {
    let length = this.#blanks.length
    while (!text.startsWith(this.#blanks.slice(0, length))) length -= 1
    return length
  }
}

const BESIDE: ReadonlySet<ModelDelta['type']> = new Set(['start', 'generation', 'usage', 'note'])
