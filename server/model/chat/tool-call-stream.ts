import { isObject, parseJson } from '../json.ts'
import type { ModelDelta } from '../port.ts'

/** A piece of a call as Chat Completions sends it; any of the fields may be missing. */
export type CallPiece = {
  index: number | null
  id: string
  name: string
  arguments: string
}

/**
 * Joins the pieces of tool calls. Providers differ in which of index, id and name they send, and when: some reuse an
 * index or an id for the next call, some send no index, some no id.
 */
export type ToolCallStream = {
  push(piece: CallPiece): ModelDelta[]
  /** Ends the answer: returns the name or arguments of calls that still lack them. */
  end(): ModelDelta[]
  /** The number of the call to which the last piece belonged. */
  readonly latest: number
  /** After the end: the numbers of the calls to carry out, without repeated and empty ones. */
  readonly kept: readonly number[]
}

/** @param takenIds ids of earlier calls of the conversation. A call whose provider repeats one of them gets a new id */
export function collectToolCalls(takenIds: ReadonlySet<string>): ToolCallStream {
  const calls: Call[] = []
  let latest = 0
  const used = new Set(takenIds)

  function open(piece: CallPiece): Call {
    const usable = piece.id.length > 1 && !used.has(piece.id)
    const id = usable ? piece.id : mintCallId()
    used.add(id)
    const twin = calls.find((call) => piece.id.length > 1 && call.wireId === piece.id) ?? null
    const call: Call = {
      twin,
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

  /** The call to which a piece belongs; null when it begins another one. */
  function route(piece: CallPiece): Call | null {
    const { index, id, name } = piece
    const current =
      index === null
        ? (id && calls.findLast((call) => call.wireId === id)) || (id ? null : calls.at(-1))
        : calls.findLast((call) => call.index === index)
    if (!current) return null
    const otherName = name !== '' && current.name !== '' && name !== current.name
    const complete = parseJson(current.text) !== undefined
    if (id !== '' && id === current.wireId) {
      const another =
        name !== '' && complete && !isNothing(current.text) && !repeats(current, piece)
      return otherName || (another && piece.arguments.trim() !== '') ? null : current
    }
    if (id !== '' && current.wireId !== '') return name !== '' || complete ? null : current
    if (otherName) return null
    return name !== '' && current.name !== '' && complete ? null : current
  }

  function deltas(call: Call, last: boolean): ModelDelta[] {
    if (last && call.sent === 0) {
      call.text = wholeArguments(call.text)
      if (isRepetition(call) || (call.name === '' && call.text === '{}')) return []
    }
    if (!call.announced && (call.name === '' || call.twin) && !last) return []
    const held = !last && mayBecomeAnother(call.text)
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
      latest = call.number
      call.name ||= piece.name
      call.wireId ||= piece.id
      // Some providers open a call with `{}` and send its arguments after that, some send a finished call once more.
      if (isNothing(call.text) && call.sent === 0 && /^\s*\{/.test(piece.arguments)) call.text = ''
      if (!(piece.name !== '' && repeats(call, piece))) call.text += piece.arguments
      if (call.text.length > MAX_HELD) call.twin = null
      return deltas(call, false)
    },
    end: () => calls.flatMap((call) => deltas(call, true)),
    get latest() {
      return latest
    },
    get kept() {
      return calls.filter(({ announced }) => announced).map(({ number }) => number)
    },
  }
}

/** True when the piece repeats the complete call. */
function repeats(call: Call, piece: CallPiece): boolean {
  return (
    piece.id !== '' && piece.id === call.wireId && call.text !== '' && call.text === piece.arguments
  )
}

/** True for a call that repeats an earlier one under the same id at another index. */
function isRepetition({ twin, name, text, announced }: Call): boolean {
  if (!twin || announced) return false
  const same = JSON.stringify(parseJson(text)) === JSON.stringify(parseJson(twin.text))
  return same && (name === '' || name === twin.name)
}

/** True when a text means that there are no arguments: it is empty, blank, `null` or `{}`. */
function isNothing(text: string): boolean {
  return /^(null|\{\s*\})?$/.test(text.trim())
}

/** True when the characters so far may turn out to mean "no arguments", or JSON inside a JSON text. */
function mayBecomeAnother(text: string): boolean {
  return (
    /^(n(u(ll?)?)?|\{\s*\}?)?$/.test(text.trim()) || (/^\s*"/.test(text) && text.length < MAX_HELD)
  )
}

/** Normalises arguments: providers write "no arguments" in several ways, and some put JSON into a JSON string. */
function wholeArguments(text: string): string {
  if (isNothing(text)) return '{}'
  const value = /^\s*"/.test(text) ? parseJson(text) : undefined
  return typeof value === 'string' && isObject(parseJson(value)) ? value : text
}

/** Longer arguments are passed on as they arrive. UTF-16 units. */
const MAX_HELD = 200_000

type Call = {
  /** An earlier call of this step with the same id, which this one may repeat. */
  twin: Call | null
  number: number
  index: number | null
  /** The id that the provider sent; `id` is the one that the port gives. */
  wireId: string
  id: string
  name: string
  text: string
  /** The length of the part of `text` that was passed on. */
  sent: number
  announced: boolean
}

/** A new id for a call whose provider sent no usable one. */
function mintCallId(): string {
  return `call_${crypto.randomUUID().replaceAll('-', '').slice(0, 24)}`
}
