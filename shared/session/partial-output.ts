import { Allow, parse } from 'partial-json'
import type { Part } from '../contract/message.ts'

/** A value of which any part may still be missing. */
export type DeepPartial<Value> = Value extends readonly (infer Item)[]
  ? DeepPartial<Item>[]
  : Value extends object
    ? { [Key in keyof Value]?: DeepPartial<Value[Key]> }
    : Value

/**
 * The JSON object of an answer (see `output` of `messages.send`) as far as it has arrived: texts as far as they are
 * written, numbers and literals when they are complete. A `completed` answer without a `finish` has all of it, valid by
 * its schema.
 *
 * @returns undefined while there is nothing of it, or when the answer is not JSON
 */
export function partialOutput<Value = unknown>(message: {
  parts: readonly Pick<Part, 'type'>[]
}): DeepPartial<Value> | undefined {
  const { parts } = message
  const said = parts.slice(parts.findLastIndex(({ type }) => type === 'tool') + 1)
  const text = said.map((part) => (isText(part) ? part.text : '')).join('')
  return (read(() => JSON.parse(text)) ??
    // The copy has the normal prototype, even if the text has a key `__proto__`.
    read(() => structuredClone(parse(text, Allow.STR | Allow.OBJ | Allow.ARR)))) as
    | DeepPartial<Value>
    | undefined
}

function read(parseIt: () => unknown): unknown {
  try {
    return parseIt()
  } catch {
    return undefined
  }
}

function isText(part: object): part is { text: string } {
  return 'type' in part && part.type === 'text' && 'text' in part
}
