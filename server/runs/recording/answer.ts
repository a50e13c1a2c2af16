import type { CallId, MessageId } from '../../../shared/contract/ids.ts'
import type { ChunkEvent } from '../../../shared/contract/events.ts'
import type { TextKind } from '../../../shared/contract/message.ts'
import type { StoredPart } from '../../../db/stored-values.ts'

/** The parts of an answer as they grow. Each text that is added is returned as a chunk with its part and offset. */
export class Answer {
  readonly messageId: MessageId
  readonly #parts: StoredPart[]
  /** The text of a new step begins a new part: the parts before this index belong to finished steps. */
  #stepStart: number

  /**
   * @param kept the parts of finished steps, and those of a cut step that goes on
   * @param stepStart the number of parts of finished steps
   */
  constructor(messageId: MessageId, kept: readonly StoredPart[], stepStart = kept.length) {
    this.messageId = messageId
    this.#parts = kept.map((part) => ({ ...part }))
    this.#stepStart = stepStart
  }

  get parts(): StoredPart[] {
    return this.#parts
  }

  /** True when the current step has no text and no call yet. */
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
