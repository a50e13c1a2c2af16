import type { AppPart } from '../../../shared/client/index.ts'

/** A part and its index in the message. */
export type IndexedPart = { part: AppPart; index: number }

/** The parts of an answer grouped by the steps of its run: the model's output, then its calls. */
export function stepsOf(parts: readonly AppPart[]): IndexedPart[][] {
  const steps: IndexedPart[][] = []
  for (const [index, part] of parts.entries()) {
    const step = steps.at(-1)
    const beginsStep = part.type !== 'tool' && step?.at(-1)?.part.type === 'tool'
    if (!step || beginsStep) steps.push([{ part, index }])
    else step.push({ part, index })
  }
  return steps
}

/** The text that is copied from a message: Markdown without reasoning and calls. */
export function messageText(parts: readonly AppPart[]): string {
  return parts
    .flatMap((part) => (part.type === 'text' || part.type === 'refusal' ? [part.text] : []))
    .join('\n\n')
    .trim()
}
