import type { StepRequest } from '../adapter.ts'
import { measureAnswer } from '../answer-measure.ts'
import type { AnswerMeasure } from '../answer-measure.ts'
import type { DeltaOutlet } from './delta-queue.ts'
import type { ModelDelta } from '../port.ts'
import { removeFence } from '../text/bare-json.ts'
import type { FenceRemover } from '../text/bare-json.ts'
import { splitThoughts } from '../text/think-tags.ts'
import { joinText } from '../text/well-formed-text.ts'

/**
 * Turns the deltas of one attempt into those of the port: separates reasoning from text, keeps characters whole, and
 * delays `start` until the answer begins, because an attempt that fails before that is repeated.
 */
export class DeltaAssembler {
  readonly #outlet: DeltaOutlet
  readonly #onAnswered: () => void
  readonly #splitter = splitThoughts()
  readonly #joiner = joinText()
  /** Null for an answer in text. */
  readonly #fence: FenceRemover | null
  readonly measure: AnswerMeasure
  #held: ModelDelta[]
  answered = false

  constructor({ notes, step }: StepRequest, outlet: DeltaOutlet, onAnswered: () => void) {
    this.#outlet = outlet
    this.#onAnswered = onAnswered
    this.#held = notes.map((note) => ({ type: 'note', note }))
    this.#fence = step.output ? removeFence() : null
    this.measure = measureAnswer(step)
  }

  /** The reported usage that has not been yielded yet. */
  get heldUsage(): ModelDelta[] {
    return this.#held.filter(({ type }) => type === 'usage')
  }

  send(deltas: readonly ModelDelta[]): void {
    for (const delta of deltas) {
      for (const parted of this.#splitter.push(delta)) this.#bare(parted)
    }
  }

  /** Passes on the text that was buffered as a possible beginning of a tag. */
  flush(): void {
    for (const delta of this.#splitter.flush()) this.#bare(delta)
    for (const delta of this.#fence?.flush() ?? []) this.#pass(delta)
    for (const delta of this.#joiner.flush()) this.#outlet.push(delta)
  }

  #bare(delta: ModelDelta): void {
    for (const bare of this.#fence?.push(delta) ?? [delta]) this.#pass(bare)
  }

  #pass(delta: ModelDelta): void {
    if (!this.answered) {
      if (BEFORE_THE_ANSWER.has(delta.type)) {
        this.#held.push(delta)
        return
      }
      this.#onAnswered()
      this.answered = true
    }
    this.measure.add(delta)
    if (this.#held.length > 0) {
      for (const early of this.#held.splice(0)) this.#join(early)
    }
    this.#join(delta)
  }

  #join(delta: ModelDelta): void {
    for (const whole of this.#joiner.push(delta)) this.#outlet.push(whole)
  }
}

const BEFORE_THE_ANSWER: ReadonlySet<ModelDelta['type']> = new Set(['start', 'usage', 'note'])
