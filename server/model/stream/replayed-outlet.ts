import type { CutAnswer, ModelDelta } from '../port.ts'
import { AlteredOutlet } from './altered-outlet.ts'
import type { DeltaOutlet } from './delta-queue.ts'

/**
 * Reads an answer that its provider kept from the beginning again, and passes on only what readers have not seen. What
 * they have seen is the only state, so nothing else has to be stored. Each text is compared, so that two different
 * answers are never mixed.
 */
export class ReplayedOutlet extends AlteredOutlet {
  readonly #texts: { kind: string; text: string }[]
  /** UTF-16 units of each call's arguments that were passed on. */
  readonly #calls: number[] = []
  #at = 0
  #offset = 0
  #called: number[] = []

  constructor(outlet: DeltaOutlet, shown: CutAnswer['texts']) {
    super(outlet)
    this.#texts = shown.map((text) => ({ ...text }))
  }

  /** True when readers have seen nothing of it. */
  get empty(): boolean {
    return this.#texts.length === 0 && this.#calls.length === 0
  }

  /** The length of the text that readers have seen. UTF-16 units. */
  get length(): number {
    return this.#texts.reduce((sum, { text }) => sum + text.length, 0)
  }

  override again(): void {
    this.#at = 0
    this.#offset = 0
    this.#called = []
  }

  push(delta: ModelDelta): void {
    if (this.diverged) return
    switch (delta.type) {
      case 'text':
      case 'reasoning':
      case 'refusal':
        return this.#text(delta.type, delta.text)
      case 'tool':
        return this.#tool(delta)
      case 'finish':
        if (!this.#caughtUp) {
          this.diverged = true
          return
        }
        return this.outlet.push(delta)
      default:
        return this.outlet.push(delta)
    }
  }

  get #caughtUp(): boolean {
    const last = this.#texts.at(-1)
    return !last || (this.#at === this.#texts.length - 1 && this.#offset === last.text.length)
  }

  #text(type: 'text' | 'reasoning' | 'refusal', said: string): void {
    let text = said
    while (text !== '') {
      if (this.#caughtUp) return this.#more(type, text)
      const shown = this.#texts[this.#at]
      if (shown && this.#offset === shown.text.length) {
        this.#at += 1
        this.#offset = 0
        continue
      }
      const known = shown?.text.slice(this.#offset, this.#offset + text.length) ?? ''
      if (shown?.kind !== type || !text.startsWith(known)) {
        this.diverged = true
        return
      }
      this.#offset += known.length
      text = text.slice(known.length)
    }
  }

  #more(type: 'text' | 'reasoning' | 'refusal', text: string): void {
    const last = this.#texts.at(-1)
    if (last?.kind === type) {
      last.text += text
      this.#offset += text.length
    } else {
      this.#texts.push({ kind: type, text })
      this.#at = this.#texts.length - 1
      this.#offset = text.length
    }
    this.outlet.push({ type, text })
  }

  /** Ids that the port makes differ at each reading, so the first ones count. */
  #tool(delta: Extract<ModelDelta, { type: 'tool' }>): void {
    const { call } = delta
    const shown = this.#calls[call]
    const before = this.#called[call] ?? 0
    const after = before + delta.arguments.length
    this.#called[call] = after
    this.#calls[call] = Math.max(shown ?? 0, after)
    const fresh = delta.arguments.slice(Math.max(0, (shown ?? 0) - before))
    if (shown === undefined) this.outlet.push({ ...delta, arguments: fresh })
    else if (fresh !== '') this.outlet.push({ type: 'tool', call, arguments: fresh })
  }
}
