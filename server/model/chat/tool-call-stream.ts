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
 * Puts the pieces of tool calls together. Providers disagree on which of index, id and name they send, when, and
 * whether they mean something: some reuse an index or an id for the next call, some send no index, some no id.
 */
export type ToolCallStream = {
  push(piece: CallPiece): ModelDelta[]
  /** Ends the answer: returns the missing name or arguments of calls that have none. */
  end(): ModelDelta[]
  /** The number of the call that the last piece belonged to. */
  readonly latest: number
  /** After the end: the numbers of the calls that are meant. One that is said twice, or is nothing at all, is none. */
  readonly kept: readonly number[]
}

/**
 * @param takenIds ids of the conversation's earlier calls: a call gets an id of its own when its provider repeats one
 */
export function collectToolCalls(
  takenIds: ReadonlySet<string>,
  mintId: () => string,
): ToolCallStream {
  const calls: Call[] = []
  let latest = 0
  const used = new Set(takenIds)

  function open(piece: CallPiece): Call {
    const usable = piece.id.length > 1 && !used.has(piece.id)
    const id = usable ? piece.id : mintId()
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

  /** The call that a piece belongs to, or null when it begins another. */
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
      // Some open a call with `{}` and send its arguments after that, some send a finished call once more.
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

/** The same call, sent once more under the same id in another place. */
function isRepetition({ twin, name, text, announced }: Call): boolean {
  if (!twin || announced) return false
  const same = JSON.stringify(parseJson(text)) === JSON.stringify(parseJson(twin.text))
  return same && (name === '' || name === twin.name)
}

/** No arguments: nothing, blanks, `null` or `{}`. */
function isNothing(text: string): boolean {
  return /^(null|\{\s*\})?$/.test(text.trim())
}

/** True when later characters may change the meaning of these first ones. */
function mayBecomeAnother(text: string): boolean {
  return (
    /^(n(u(ll?)?)?|\{\s*\}?)?$/.test(text.trim()) || (/^\s*"/.test(text) && text.length < MAX_HELD)
  )
}

/** Providers write "no arguments" in several ways, and arguments as JSON inside of a JSON text; the port has one way. */
function wholeArguments(text: string): string {
  if (isNothing(text)) return '{}'
  const value = /^\s*"/.test(text) ? parseJson(text) : undefined
  return typeof value === 'string' && isObject(parseJson(value)) ? value : text
}

/** Longer arguments are sent on as they come. UTF-16 units. */
const MAX_HELD = 200_000

type Call = {
  /** An earlier call of this step with the same id: this may be the same one again. */
  twin: Call | null
  number: number
  index: number | null
  /** The id as the provider wrote it; `id` is the one the port gives. */
  wireId: string
  id: string
  name: string
  text: string
  /** The length of the part of `text` that was already yielded. */
  sent: number
  announced: boolean
}

/** An id for a call whose provider gave none that is usable. */
export function mintCallId(): string {
  return `call_${crypto.randomUUID().replaceAll('-', '').slice(0, 24)}`
}
