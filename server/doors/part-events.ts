import type { MessageId } from '../../shared/contract/ids.ts'
import type { Part } from '../../shared/contract/message.ts'
import type { AppendedEvent } from '../log/events.ts'

export type StartEvent = Extract<AppendedEvent, { type: 'start' }>
export type PartEvent = Extract<AppendedEvent, { type: 'chunk' | 'tool' }>

/**
 * The events that would have written these parts of an answer, for parts of which the log has none.
 *
 * @param from the place of the first part that is wanted
 */
export function partEvents(messageId: MessageId, parts: readonly Part[], from = 0): PartEvent[] {
  return parts.flatMap((one, part): PartEvent[] => {
    if (part < from || one.type === 'file') return []
    const place = { messageId, part }
    return one.type === 'tool'
      ? [{ type: 'tool', ...place, call: one.call }]
      : [{ type: 'chunk', ...place, kind: one.type, offset: 0, text: one.text }]
  })
}

/** Counts the parts of an answer of which the log has told. */
export class ToldParts {
  #count = 0

  add({ part }: PartEvent): void {
    this.#count = Math.max(this.#count, part + 1)
  }

  /** An answer that was imported goes on: the log has what was written before in the event of the start only. */
  missing({ messageId, message, keepParts }: StartEvent): PartEvent[] {
    const missing = partEvents(messageId, message.parts.slice(0, keepParts), this.#count)
    this.#count = keepParts
    return missing
  }
}
