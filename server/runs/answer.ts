import type { CallId, MessageId } from '../../shared/contract/ids.ts'
import type { ChunkEvent } from '../../shared/contract/events.ts'
import type { TextKind } from '../../shared/contract/message.ts'
import type { StoredPart } from '../../db/stored-values.ts'

/** The parts of an answer as they grow: every text becomes the chunk that says so. */
export class Answer {
  readonly messageId: MessageId
  readonly #parts: StoredPart[]
  /** Text of a new step begins a part of its own: parts before this index are finished. */
  #stepStart: number

  /**
   * @param kept the parts of finished steps, and those of one that was cut and goes on
   * @param stepStart the number of those of finished steps
   */
  constructor(messageId: MessageId, kept: readonly StoredPart[], stepStart = kept.length) {
    this.messageId = messageId
    this.#parts = kept.map((part) => ({ ...part }))
    this.#stepStart = stepStart
  }

  get parts(): StoredPart[] {
    return this.#parts
  }

  /** True when the current step has produced nothing yet. */
  get stepEmpty(): boolean {
    return this.#parts.length === this.#stepStart
  }

  addText(kind: TextKind, text: string): ChunkEvent {
    const index = this.#parts.length - 1
    const last = this.#parts[index]
    if (last?.type === kind && index >= this.#stepStart) {
      const offset = last.text.length
      last.text += text
      return { type: 'chunk', messageId: this.messageId, part: index, kind, offset, text }
    }
    this.#parts.push({ type: kind, text })
    return { type: 'chunk', messageId: this.messageId, part: index + 1, kind, offset: 0, text }
  }

  /** Adds a call and returns its place. */
  addCall(id: CallId): number {
    return this.#parts.push({ type: 'tool', id }) - 1
  }

  finishStep(): void {
    this.#stepStart = this.#parts.length
  }
}
