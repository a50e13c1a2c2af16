import type { ModelDelta } from '../port.ts'

/**
 * On servers that do not separate reasoning from text, models begin their text with `<think>…</think>`. This becomes
 * reasoning; the same tags later in a text are text.
 */
export type ThoughtSplitter = {
  push(delta: ModelDelta): ModelDelta[]
  /** Returns the text that is still buffered because it might have been the beginning of a tag. */
  flush(): ModelDelta[]
}

const OPEN = '<think>'
const CLOSE = '</think>'
/** The most whitespace that an answer begins with. */
const MOST_BLANKS = 10_000

export function splitThoughts(): ThoughtSplitter {
  /** `before`: there was only whitespace yet, or a piece of the tag. */
  let state: 'before' | 'thinking' | 'after' | 'text' = 'before'
  let held = ''

  function take(text: string): ModelDelta[] {
    held += text
    const deltas: ModelDelta[] = []
    for (;;) {
      if (state === 'text') {
        if (held) deltas.push({ type: 'text', text: held })
        held = ''
        return deltas
      }
      if (state === 'thinking') {
        const end = held.indexOf(CLOSE)
        const ready =
          end < 0 ? held.slice(0, held.length - beginningAtEnd(held, CLOSE)) : held.slice(0, end)
        if (ready) deltas.push({ type: 'reasoning', text: ready })
        held = held.slice(end < 0 ? ready.length : end + CLOSE.length)
        if (end < 0) return deltas
        state = 'after'
        continue
      }
      const bare = held.trimStart()
      const undecided = bare === '' || (bare.length < OPEN.length && OPEN.startsWith(bare))
      if (undecided && held.length < MOST_BLANKS) return deltas
      if (bare.startsWith(OPEN)) {
        held = bare.slice(OPEN.length)
        state = 'thinking'
      } else {
        // The blank lines between reasoning and text belong to neither.
        if (state === 'after') held = bare
        state = 'text'
      }
    }
  }

  /** Whitespace alone is not text: it is buffered until something follows. */
  function flush(): ModelDelta[] {
    const rest = held
    held = ''
    if (rest.trim() === '') return []
    if (state === 'thinking') return [{ type: 'reasoning', text: rest }]
    state = 'text'
    return [{ type: 'text', text: rest }]
  }

  return {
    push(delta) {
      if (delta.type === 'text') return take(delta.text)
      return delta.type === 'tool' || delta.type === 'refusal' ? [...flush(), delta] : [delta]
    },
    flush,
  }
}

/** The number of last characters of a text that may be the beginning of `tag`. */
function beginningAtEnd(text: string, tag: string): number {
  for (let length = Math.min(tag.length - 1, text.length); length > 0; length -= 1) {
    if (text.endsWith(tag.slice(0, length))) return length
  }
  return 0
}

/** The text of an imported answer without the reasoning at its beginning. */
export function withoutThoughts(text: string): string {
  if (!text.trimStart().startsWith(OPEN)) return text
  const splitter = splitThoughts()
  return [...splitter.push({ type: 'text', text }), ...splitter.flush()]
    .flatMap((delta) => (delta.type === 'text' ? [delta.text] : []))
    .join('')
}
