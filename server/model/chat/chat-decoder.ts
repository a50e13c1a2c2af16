import type { Decoded, Decoder, StepRequest, WireEvent } from '../adapter.ts'
import type { ChatState } from './chat-request.ts'
import { arrayOf, isObject, numberOf, objectOf, stringOf } from '../json.ts'
import type { JsonObject } from '../json.ts'
import type { ModelDelta, ModelFinish } from '../port.ts'
import { readFault } from '../failure/provider-fault.ts'
import type { ProviderFault } from '../failure/provider-fault.ts'
import { faultInStream } from '../failure/fault-in-stream.ts'
import { brokenOffWith, finishKind } from '../failure/finish-reasons.ts'
import { earlierCallIds } from './earlier-call-ids.ts'
import { collectToolCalls } from './tool-call-stream.ts'
import { readUsage } from '../usage.ts'

/** Decodes the chunks of Chat Completions, and a whole completion that came instead of a stream. */
export function decodeChat({ step, endpoint }: StepRequest): Decoder {
  const calls = collectToolCalls(earlierCallIds(step))
  const state: ChatState = { host: endpoint.host, message: {}, calls: [] }
  let started = false
  let answered = false
  let finish: string | null = null

  function reasoning(delta: JsonObject): string {
    const details = arrayOf(delta.reasoning_details).map(objectOf)
    if (details.length > 0) {
      state.message.reasoning_details = mergeDetails(
        arrayOf(state.message.reasoning_details),
        details,
      )
    }
    // Several of these fields may have the same reasoning; it is shown once.
    const content = stringOf(delta.reasoning_content)
    if (content) {
      state.message.reasoning_content = stringOf(state.message.reasoning_content) + content
      return content
    }
    return (
      stringOf(delta.reasoning) ||
      details.map((detail) => stringOf(detail.text) || stringOf(detail.summary)).join('')
    )
  }

  function toolCalls(delta: JsonObject): ModelDelta[] {
    const pieces = arrayOf(delta.tool_calls).map(objectOf)
    if (isObject(delta.function_call)) pieces.push({ function: delta.function_call })
    return pieces.flatMap((piece) => {
      const called = objectOf(piece.function)
      const argumentsText = isObject(called.arguments)
        ? JSON.stringify(called.arguments)
        : stringOf(called.arguments)
      const deltas = calls.push({
        index: numberOf(piece.index) ?? null,
        id: stringOf(piece.id),
        name: stringOf(called.name),
        arguments: argumentsText,
      })
      const { id: _id, index: _index, type: _type, function: _function, ...further } = piece
      if (Object.keys(further).length > 0) {
        Object.assign((state.calls[calls.latest] ??= {}), further)
      }
      return deltas
    })
  }

  function choice(value: unknown): { deltas: ModelDelta[]; alive: boolean } {
    const read = objectOf(value)
    // Some servers send several answers; only the first is used.
    if ((numberOf(read.index) ?? 0) !== 0) return { deltas: [], alive: false }
    const delta = objectOf(read.delta ?? read.message)
    const deltas: ModelDelta[] = []
    const content = readContent(delta.content)
    const thought = reasoning(delta) || content.thinking
    if (thought) deltas.push({ type: 'reasoning', text: thought })
    if (content.text) deltas.push({ type: 'text', text: content.text })
    const refusal = stringOf(delta.refusal)
    if (refusal) deltas.push({ type: 'refusal', text: refusal })
    deltas.push(...toolCalls(delta))
    // Some providers send a second finish reason; the first is the right one.
    finish ??= stringOf(read.finish_reason) || null
    const alive = deltas.length > 0 || arrayOf(delta.tool_calls).length > 0 || finish !== null
    return { deltas, alive }
  }

  /** The fault of a finish reason that does not mean a complete answer; null for any other. */
  function broken({ choices }: JsonObject): ProviderFault | null {
    if (finish === null || finishKind(finish) !== 'broken') return null
    const failed = arrayOf(choices)
      .map(objectOf)
      .find(({ error }) => error)
    const fault = readFault(failed ? { error: failed.error } : {})
    return { ...fault, message: fault.message || brokenOffWith(finish) }
  }

  return {
    decode({ event, data }: WireEvent): Decoded {
      const chunk = objectOf(data)
      const deltas: ModelDelta[] = []
      let alive = false
      if (!started && Array.isArray(chunk.choices)) {
        started = true
        deltas.push({ type: 'start', model: stringOf(chunk.model) || step.model })
      }
      for (const value of arrayOf(chunk.choices)) {
        const read = choice(value)
        deltas.push(...read.deltas)
        alive ||= read.alive
      }
      answered ||= alive
      const usage =
        readUsage(chunk.usage, 'chat', endpoint.host) ??
        readUsage(objectOf(chunk.x_groq).usage, 'chat', endpoint.host)
      if (usage) deltas.push({ type: 'usage', usage })
      const fault =
        faultInStream({ event, data }, arrayOf(chunk.choices).length > 0 || usage !== null) ??
        broken(chunk)
      return fault ? { deltas, alive, fault } : { deltas, alive }
    },
    get ended() {
      return finish !== null
    },
    end({ marked }) {
      // `[DONE]` after an answer means that it is complete, even without a finish reason.
      if (finish === null && !(marked && answered)) return []
      const deltas = calls.end()
      const { kept } = calls
      if (state.calls.length > 0) state.calls = kept.map((number) => state.calls[number] ?? {})
      if (state.calls.every((call) => Object.keys(call).length === 0)) state.calls = []
      if (Object.keys(state.message).length > 0 || state.calls.length > 0) {
        deltas.push({
          type: 'provider-state',
          state: { api: 'chat', model: step.model, data: state },
        })
      }
      return [...deltas, { type: 'finish', finish: finishOf(finish, kept.length) }]
    },
  }
}

/**
 * Many providers report `stop` for an answer with calls: then the calls decide. The calls of a cut or filtered answer
 * are incomplete.
 */
function finishOf(reason: string | null, calls: number): ModelFinish {
  const kind = finishKind(reason ?? 'stop')
  if (kind === 'length' || kind === 'content-filter') return kind
  return calls > 0 ? 'tool-calls' : 'stop'
}

/** Content is a text; Mistral's thinking models send a list of typed pieces. */
function readContent(content: unknown): { text: string; thinking: string } {
  if (!Array.isArray(content)) return { text: stringOf(content), thinking: '' }
  const pieces = content.map(objectOf)
  const thinking = pieces.flatMap((piece) => arrayOf(piece.thinking).map(objectOf))
  return {
    text: pieces.map((piece) => (piece.type === 'text' ? stringOf(piece.text) : '')).join(''),
    thinking: thinking.map((piece) => stringOf(piece.text)).join(''),
  }
}

/** Joins the pieces of OpenRouter's `reasoning_details`, which have to be sent back complete and in order. */
function mergeDetails(before: unknown[], pieces: JsonObject[]): JsonObject[] {
  const merged = before.map(objectOf)
  for (const piece of pieces) {
    const last = merged.at(-1)
    if (!last || last.type !== piece.type || last.index !== piece.index) {
      merged.push({ ...piece })
      continue
    }
    for (const [key, value] of Object.entries(piece)) {
      const grows = key === 'text' || key === 'summary' || key === 'data'
      if (grows) last[key] = stringOf(last[key]) + stringOf(value)
      else if (value !== null) last[key] = value
    }
  }
  return merged
}
