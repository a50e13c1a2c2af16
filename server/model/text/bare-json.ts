import type { ModelDelta } from '../port.ts'

/**
 * Removes the fence of Markdown (```` ```json ````) that some models put around JSON although they are asked for it
 * bare.
 */
export type FenceRemover = {
  push(delta: ModelDelta): ModelDelta[]
  /** Returns the text that is still buffered because a fence might have closed there. */
  flush(): ModelDelta[]
}

/** An opening fence with the rest of its line; and a text that may still become one. */
const OPEN = /^\s*```[\w-]*[ \t]*\r?\n/
const MAY_OPEN = /^\s*(?:`{0,2}|```[\w-]*[ \t]*\r?)$/
/** The end of a text at which a fence closes, or may close. */
const CLOSE = /\s*(?:`{1,3}\s*)?$/
/** A closing fence is searched in the last UTF-16 units of a text. */
const TAIL = 64
/** The longest whitespace before the first character that is buffered. */
const MOST_HELD = 10_000

export function removeFence(): FenceRemover {
  let state: 'before' | 'fenced' | 'bare' = 'before'
  let held = ''

  function take(text: string): string {
    held += text
    if (state === 'before') {
      if (MAY_OPEN.test(held) && held.length < MOST_HELD) return ''
      const fence = OPEN.exec(held)?.[0]
      state = fence === undefined ? 'bare' : 'fenced'
      held = held.slice(fence?.length ?? 0)
    }
    const tail = Math.max(0, held.length - TAIL)
    const closes = CLOSE.exec(held.slice(tail))?.index ?? TAIL
    const ready = state === 'bare' ? held.length : tail + closes
    const said = held.slice(0, ready)
    held = held.slice(ready)
    return said
  }

  function flush(): ModelDelta[] {
    const rest = state === 'fenced' ? held.replace(/\s*```\s*$/, '') : held
    held = ''
    return rest === '' ? [] : [{ type: 'text', text: rest }]
  }

  return {
    push(delta) {
      if (delta.type === 'text') {
        const said = take(delta.text)
        return said === '' ? [] : [{ type: 'text', text: said }]
      }
      // Usage and other deltas may come in the middle of a text.
      const ends = delta.type === 'finish' || delta.type === 'tool' || delta.type === 'refusal'
      return ends ? [...flush(), delta] : [delta]
    },
    flush,
  }
}
