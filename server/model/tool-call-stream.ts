import { parseJson } from './json.ts'
import type { ModelDelta } from './port.ts'

/** A piece of a call as Chat Completions sends it; any of the fields may be missing. */
export type CallPiece = {
  index: number | null
  id: string
  name: string
  arguments: string
}

/**
 * Puts the pieces of tool calls together. Providers disagree on which of index, id and name they send, when, and
 * whether they mean something: some reuse an index or an id for the next call, some send no index, some no id.
 */
export type ToolCallStream = {
  push(piece: CallPiece): ModelDelta[]
  /** What is missing once the answer is over: calls without a name or arguments get them here. */
  end(): ModelDelta[]
  readonly count: number
}

/**
 * @param takenIds ids of the conversation's earlier calls: a call gets an id of its own when its provider repeats one
 */
export function collectToolCalls(
  takenIds: ReadonlySet<string>,
  mintId: () => string,
): ToolCallStream {
  const calls: Call[] = []
  const used = new Set(takenIds)

  function open(piece: CallPiece): Call {
    const usable = piece.id.length > 1 && !used.has(piece.id)
    const id = usable ? piece.id : mintId()
    used.add(id)
    const call: Call = {
      number: calls.length,
      index: piece.index,
      wireId: piece.id,
      id,
      name: '',
      text: '',
      sent: 0,
      announced: false,
    }
    calls.push(call)
    return call
  }

  /** The call that a piece belongs to, or null when it begins another. */
  function route(piece: CallPiece): Call | null {
    const { index, id, name } = piece
    const current =
      index === null
        ? (id && calls.findLast((call) => call.wireId === id)) || (id ? null : calls.at(-1))
        : calls.findLast((call) => call.index === index)
    if (!current) return null
    const otherName = name !== '' && current.name !== '' && name !== current.name
    if (id !== '' && id === current.wireId) return otherName ? null : current
    const complete = parseJson(current.text) !== undefined
    if (id !== '' && current.wireId !== '') return name !== '' || complete ? null : current
    if (otherName) return null
    return name !== '' && current.name !== '' && complete ? null : current
  }

  function deltas(call: Call, last: boolean): ModelDelta[] {
    if (!call.announced && call.name === '' && !last) return []
    // Providers write "no arguments" as nothing, blanks or null; the port writes it as `{}`.
    if (last && /^\s*(null)?\s*$/.test(call.text) && call.sent === 0) call.text = '{}'
    const held = !last && /^\s*(n(u(ll?)?)?)?\s*$/.test(call.text)
    const ready = held ? '' : call.text.slice(call.sent)
    if (!held) call.sent = call.text.length
    const { number } = call
    if (call.announced) return ready ? [{ type: 'tool', call: number, arguments: ready }] : []
    call.announced = true
    return [
      { type: 'tool', call: number, id: call.id, name: call.name || 'unnamed', arguments: ready },
    ]
  }

  return {
    push(piece) {
      const call = route(piece) ?? open(piece)
      call.name ||= piece.name
      call.wireId ||= piece.id
      call.text += piece.arguments
      return deltas(call, false)
    },
    end: () => calls.flatMap((call) => deltas(call, true)),
    get count() {
      return calls.length
    },
  }
}

type Call = {
  number: number
  index: number | null
  /** The id as the provider wrote it; `id` is the one the port gives. */
  wireId: string
  id: string
  name: string
  text: string
  /** How much of `text` has gone out. */
  sent: number
  announced: boolean
}

/** An id for a call whose provider gave none that is usable. */
export function mintCallId(): string {
  return `call_${crypto.randomUUID().replaceAll('-', '').slice(0, 24)}`
}
