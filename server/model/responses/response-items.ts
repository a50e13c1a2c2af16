import { arrayOf, numberOf, objectOf, stringOf } from '../json.ts'
import type { JsonObject } from '../json.ts'
import type { ModelDelta } from '../port.ts'
import type { ResponsesItem } from './responses-request.ts'
import { collectToolCalls } from '../chat/tool-call-stream.ts'
import type { ToolCallStream } from '../chat/tool-call-stream.ts'

/**
 * The output items of one response as they grow. An item is identified by its index in the output, because some servers
 * change its id with each event. A `.done` event repeats the text; only what was not sent before is passed on.
 */
export type ResponseItems = {
  /** Applies an event about an item; null for any other event. */
  take(type: string, event: JsonObject): ModelDelta[] | null
  /** Applies the output of the finished response: what was not streamed is passed on now. */
  complete(output: JsonObject[]): ModelDelta[]
  end(): ModelDelta[]
  order(): ResponsesItem[]
  /** The numbers of the calls to carry out, in their order. */
  readonly keptCalls: readonly number[]
}

type Kind = 'text' | 'refusal' | 'reasoning'
type Item = {
  index: number
  type: string
  /** The text so far of each part; content and summary are counted separately. */
  parts: Map<string, string>
  /** The form of reasoning that is shown: its content or its summary, whichever came first. */
  shown: 'content' | 'summary' | null
  call: { number: number; text: string; named: boolean } | null
  raw: JsonObject | null
}

const TEXT_EVENTS: Record<
  string,
  { kind: Kind; form: 'content' | 'summary'; field: 'text' | 'refusal' }
> = {
  output_text: { kind: 'text', form: 'content', field: 'text' },
  refusal: { kind: 'refusal', form: 'content', field: 'refusal' },
  reasoning_text: { kind: 'reasoning', form: 'content', field: 'text' },
  reasoning_summary_text: { kind: 'reasoning', form: 'summary', field: 'text' },
}

export function collectResponseItems(takenIds: ReadonlySet<string>): ResponseItems {
  const items = new Map<number, Item>()
  const indexById = new Map<string, number>()
  const calls: ToolCallStream = collectToolCalls(takenIds)

  function itemOf(event: JsonObject): Item {
    const id = stringOf(event.item_id) || stringOf(objectOf(event.item).id)
    const last = Math.max(-1, ...items.keys())
    const index =
      numberOf(event.output_index) ??
      indexById.get(id) ??
      (event.type === 'response.output_item.added' ? last + 1 : Math.max(0, last))
    if (id) indexById.set(id, index)
    return itemAt(index)
  }

  function itemAt(index: number): Item {
    const known = items.get(index)
    if (known) return known
    const item: Item = { index, type: '', parts: new Map(), shown: null, call: null, raw: null }
    items.set(index, item)
    return item
  }

  function grow(
    item: Item,
    kind: Kind,
    form: 'content' | 'summary',
    part: number,
    text: string,
  ): ModelDelta[] {
    if (!text) return []
    item.type ||= kind === 'reasoning' ? 'reasoning' : 'message'
    item.shown ??= form
    if (item.shown !== form) return []
    const key = `${form} ${part}`
    const before = item.parts.get(key)
    item.parts.set(key, (before ?? '') + text)
    const gap = kind === 'reasoning' && before === undefined && item.parts.size > 1 ? '\n\n' : ''
    return [{ type: kind, text: gap + text }]
  }

  /** The rest of a text that is complete now; nothing when it contradicts what was sent. */
  function finishText(
    item: Item,
    kind: Kind,
    form: 'content' | 'summary',
    part: number,
    text: string,
  ): ModelDelta[] {
    const sent = item.parts.get(`${form} ${part}`) ?? ''
    return text.startsWith(sent) ? grow(item, kind, form, part, text.slice(sent.length)) : []
  }

  function growCall(item: Item, id: string, name: string, text: string): ModelDelta[] {
    item.type = 'function_call'
    // The index in the output identifies a call, so it replaces both id and index.
    const deltas = calls.push({ index: item.index, id, name, arguments: text })
    item.call ??= { number: calls.latest, text: '', named: false }
    item.call.text += text
    item.call.named ||= name !== ''
    return deltas
  }

  function finishCall(item: Item, whole: JsonObject): ModelDelta[] {
    const text = stringOf(whole.arguments)
    const sent = item.call?.text ?? ''
    const rest = text.startsWith(sent) ? text.slice(sent.length) : ''
    const named = item.call?.named ?? false
    return growCall(
      item,
      named ? '' : stringOf(whole.call_id),
      named ? '' : stringOf(whole.name),
      rest,
    )
  }

  function complete(item: Item, whole: JsonObject): ModelDelta[] {
    switch (whole.type) {
      case 'function_call':
        return finishCall(item, whole)
      case 'message':
        item.type = 'message'
        return arrayOf(whole.content).flatMap((value, part) => {
          const content = objectOf(value)
          return content.type === 'refusal'
            ? finishText(item, 'refusal', 'content', part, stringOf(content.refusal))
            : finishText(item, 'text', 'content', part, stringOf(content.text))
        })
      case 'reasoning':
        item.type = 'reasoning'
        item.raw = whole
        return (['content', 'summary'] as const).flatMap((form) =>
          arrayOf(whole[form]).flatMap((value, part) =>
            finishText(item, 'reasoning', form, part, stringOf(objectOf(value).text)),
          ),
        )
      default:
        return []
    }
  }

  return {
    take(type, event) {
      const [, name = '', phase = ''] = /^response\.(\w+)\.(added|delta|done)$/.exec(type) ?? []
      const texts = TEXT_EVENTS[name]
      if (texts) {
        const item = itemOf(event)
        const part =
          numberOf(texts.form === 'summary' ? event.summary_index : event.content_index) ?? 0
        return phase === 'delta'
          ? grow(item, texts.kind, texts.form, part, stringOf(event.delta))
          : finishText(item, texts.kind, texts.form, part, stringOf(event[texts.field]))
      }
      if (name === 'function_call_arguments') {
        const item = itemOf(event)
        if (phase === 'delta') return growCall(item, '', '', stringOf(event.delta))
        return finishCall(item, event)
      }
      if (name !== 'output_item') return type.startsWith('response.') ? [] : null
      const item = itemOf(event)
      const whole = objectOf(event.item)
      if (phase === 'done') return complete(item, whole)
      item.type = stringOf(whole.type)
      return whole.type === 'function_call' && item.call === null
        ? growCall(item, stringOf(whole.call_id), stringOf(whole.name), stringOf(whole.arguments))
        : []
    },
    complete(output) {
      // Ids and indices may differ from those in the events, so items are matched by their order within each kind.
      const known = [...items.values()].toSorted((one, other) => one.index - other.index)
      return output.flatMap((whole) => {
        const at = known.findIndex((item) => item.type === whole.type)
        const [item] = at < 0 ? [itemAt(Math.max(-1, ...items.keys()) + 1)] : known.splice(at, 1)
        return item ? complete(item, whole) : []
      })
    },
    end: () => calls.end(),
    order: () =>
      [...items.values()]
        .toSorted((one, other) => one.index - other.index)
        .flatMap((item): ResponsesItem[] => {
          if (item.type === 'message') return [{ type: 'text' }]
          const call = item.call ? calls.kept.indexOf(item.call.number) : -1
          if (item.call) return call < 0 ? [] : [{ type: 'call', call }]
          return item.raw && isReplayable(item.raw) ? [{ type: 'reasoning', item: item.raw }] : []
        }),
    get keptCalls() {
      return calls.kept
    },
  }
}

/** When the provider stores nothing, reasoning without content is only an id that it does not know any more. */
function isReplayable(item: JsonObject): boolean {
  return stringOf(item.encrypted_content) !== '' || arrayOf(item.content).length > 0
}
