import type { ModelDelta } from '../port.ts'

/**
 * Makes every text and name of a stream fit to be stored and shown by itself. Providers cut between the halves of a
 * surrogate pair, and sometimes send half a pair, or a NUL, which no database accepts as text.
 */
export type TextJoiner = {
  push(delta: ModelDelta): ModelDelta[]
  /** Returns the text that is still buffered: half a surrogate pair that was never completed. */
  flush(): ModelDelta[]
}

type TextDelta = Extract<ModelDelta, { text: string }>
type Held = { channel: string; half: string; delta: (text: string) => ModelDelta }

export function joinText(): TextJoiner {
  let held: Held | null = null

  function flush(): ModelDelta[] {
    if (!held) return []
    const delta = held.delta(REPLACEMENT)
    held = null
    return [delta]
  }

  function join(channel: string, text: string, make: (text: string) => ModelDelta): ModelDelta[] {
    const earlier = held && held.channel !== channel ? flush() : []
    const whole = (held?.half ?? '') + text
    held = null
    const half = endsInHalfAPair(whole) ? whole.slice(-1) : ''
    if (half) held = { channel, half, delta: make }
    const ready = half ? whole.slice(0, -1) : whole
    return ready ? [...earlier, make(wellFormed(ready))] : earlier
  }

  return {
    push(delta) {
      if (isText(delta)) {
        return join(delta.type, delta.text, (text) => ({ type: delta.type, text }))
      }
      if (delta.type === 'start') {
        return [{ ...delta, model: wellFormed(delta.model).slice(0, 200) }]
      }
      if (delta.type !== 'tool') return [...flush(), delta]
      const { call } = delta
      if (!('name' in delta)) {
        return join(`tool ${call}`, delta.arguments, (text) => ({
          type: 'tool',
          call,
          arguments: text,
        }))
      }
      // The first delta of a call has its name, so it is passed on even without arguments.
      const half = endsInHalfAPair(delta.arguments)
      const begun = {
        ...delta,
        id: wellFormed(delta.id),
        name: wellFormed(delta.name),
        arguments: wellFormed(half ? delta.arguments.slice(0, -1) : delta.arguments),
      }
      const earlier = flush()
      if (half) {
        held = {
          channel: `tool ${call}`,
          half: delta.arguments.slice(-1),
          delta: (text) => ({ type: 'tool', call, arguments: text }),
        }
      }
      return [...earlier, begun]
    },
    flush,
  }
}

const REPLACEMENT = '\ufffd'

function isText(delta: ModelDelta): delta is TextDelta {
  return delta.type === 'text' || delta.type === 'refusal' || delta.type === 'reasoning'
}

function endsInHalfAPair(text: string): boolean {
  const last = text.charCodeAt(text.length - 1)
  return last >= 0xd800 && last <= 0xdbff
}

/** Text without unpaired surrogates and NUL, which providers and Postgres refuse. */
export function wellFormed(text: string): string {
  return text.toWellFormed().replaceAll('\0', REPLACEMENT)
}
