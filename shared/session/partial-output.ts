import { Allow, parse } from 'partial-json'
import type { Part } from '../contract/message.ts'

/** A value of which anything may still be missing. */
export type DeepPartial<Value> = Value extends readonly (infer Item)[]
  ? DeepPartial<Item>[]
  : Value extends object
    ? { [Key in keyof Value]?: DeepPartial<Value[Key]> }
    : Value

/**
 * The object that an answer is (see `output` of `messages.send`), as far as it has come: texts as far as they are written,
 * numbers and words once they are whole. An answer that is `completed` without a `finish` has all of it, valid by its schema.
 *
 * @returns undefined while there is nothing of it, or where the answer is no JSON
 */
export function partialOutput<Value = unknown>(message: {
  parts: readonly Pick<Part, 'type'>[]
}): DeepPartial<Value> | undefined {
  const { parts } = message
  const said = parts.slice(parts.findLastIndex(({ type }) => type === 'tool') + 1)
  const text = said.map((part) => (isText(part) ? part.text : '')).join('')
  return (read(() => JSON.parse(text)) ??
    // The copy has no prototype that the text named by `__proto__`.
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
