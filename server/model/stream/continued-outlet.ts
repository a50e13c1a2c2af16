import type { ModelDelta } from '../port.ts'
import { AlteredOutlet } from './altered-outlet.ts'
import type { DeltaOutlet } from './delta-queue.ts'

/** So much of an answer's beginning, in UTF-16 units, tells that it is said again. */
const TELLING = 48

/**
 * Takes what a model says behind the beginning of its own answer. A server that does not go on with it says it again,
 * or begins to think anew: that is noticed before anything of it goes through.
 */
export class ContinuedOutlet extends AlteredOutlet {
  readonly #beginning: string
  /** The blanks at the end of the beginning, which was sent without them. */
  readonly #blanks: string
  /** What came, until it is known whether it goes on. */
  #held: string | null = ''

  /** @param prefix all that was shown of the answer */
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
