import type { TextKind } from '../../../shared/contract/message.ts'
import type { Item } from './response-object.ts'

/** Events without their number, which the sender adds. */
export type Unnumbered = { type: string } & Record<string, unknown>

export type OpenText = { part: number; kind: TextKind; text: string; id: string; index: number }

type ItemStatus = 'in_progress' | 'completed' | 'incomplete'

/** The item of a text: a message with one content part, or a reasoning item with a summary. */
export function textItem({ kind, id, text }: OpenText, status: ItemStatus): Item {
  if (kind === 'reasoning') {
    const summary = status === 'in_progress' ? [] : [content(kind, text)]
    return { type: 'reasoning', id, summary, status }
  }
  const parts = status === 'in_progress' ? [] : [content(kind, text)]
  return { type: 'message', id, role: 'assistant', status, content: parts }
}

export function beginText(open: OpenText): Unnumbered[] {
  const place = placeOf(open)
  return [
    {
      type: 'response.output_item.added',
      output_index: open.index,
      item: textItem(open, 'in_progress'),
    },
    {
      type:
        open.kind === 'reasoning'
          ? 'response.reasoning_summary_part.added'
          : 'response.content_part.added',
      ...place,
      part: content(open.kind, ''),
    },
  ]
}

export function addText(open: OpenText, delta: string): Unnumbered {
  const logprobs = open.kind === 'text' ? { logprobs: [] } : {}
  return { type: `${NAMES[open.kind]}.delta`, ...placeOf(open), delta, ...logprobs }
}

export function endText(open: OpenText, status: ItemStatus): Unnumbered[] {
  const place = placeOf(open)
  const whole = open.kind === 'refusal' ? { refusal: open.text } : { text: open.text }
  const logprobs = open.kind === 'text' ? { logprobs: [] } : {}
  return [
    { type: `${NAMES[open.kind]}.done`, ...place, ...whole, ...logprobs },
    {
      type:
        open.kind === 'reasoning'
          ? 'response.reasoning_summary_part.done'
          : 'response.content_part.done',
      ...place,
      part: content(open.kind, open.text),
    },
    { type: 'response.output_item.done', output_index: open.index, item: textItem(open, status) },
  ]
}

const NAMES: Record<TextKind, string> = {
  text: 'response.output_text',
  refusal: 'response.refusal',
  reasoning: 'response.reasoning_summary_text',
}

function placeOf({ id, index, kind }: OpenText) {
  const within = kind === 'reasoning' ? { summary_index: 0 } : { content_index: 0 }
  return { item_id: id, output_index: index, ...within }
}

function content(kind: TextKind, text: string): Record<string, unknown> {
  switch (kind) {
    case 'text':
      return { type: 'output_text', text, annotations: [], logprobs: [] }
    case 'refusal':
      return { type: 'refusal', refusal: text }
    case 'reasoning':
      return { type: 'summary_text', text }
  }
}
