import { joinTexts } from '../../../shared/session/join-texts.ts'
import type { AppPart } from '../../../shared/client/index.ts'

/** A part, its index in the message, and that of the last part whose text is in it. */
export type IndexedPart = { part: AppPart; index: number; last: number }

/**
 * The parts of an answer grouped by the steps of its run: the model's output, then its calls.
 * @param breaks parts that begin a step in any case, because something was said before them
 */
export function stepsOf(
  parts: readonly AppPart[],
  breaks: readonly number[] = [],
): IndexedPart[][] {
  const steps: IndexedPart[][] = []
  for (const [index, part] of parts.entries()) {
    const step = steps.at(-1)
    const before = step?.at(-1)
    const beginsStep =
      (part.type !== 'tool' && before?.part.type === 'tool') || breaks.includes(index)
    const one = { part, index, last: index }
    if (!step || beginsStep) {
      steps.push([one])
    } else if (part.type === 'text' && before?.part.type === 'text') {
      // An answer that was cut went on here, perhaps in the middle of a word or of a block of code.
      const whole = { ...part, text: before.part.text + part.text }
      step.splice(-1, 1, { part: whole, index: before.index, last: index })
    } else {
      step.push(one)
    }
  }
  return steps
}

/** The steps of an answer with what joined it, each before the part that the model wrote next. */
export function inOrder<Said extends { part: number }>(
  parts: readonly AppPart[],
  joined: readonly Said[],
): ({ step: IndexedPart[] } | { said: Said })[] {
  const steps = stepsOf(
    parts,
    joined.map(({ part }) => part),
  )
  const ordered: ({ step: IndexedPart[] } | { said: Said })[] = []
  let next = 0
  for (const step of steps) {
    const begin = step[0]?.index ?? 0
    for (let said = joined[next]; said && said.part <= begin; said = joined[next]) {
      ordered.push({ said })
      next += 1
    }
    ordered.push({ step })
  }
  return [...ordered, ...joined.slice(next).map((said) => ({ said }))]
}

/** The text that is copied from a message: Markdown without reasoning and calls. */
export function messageText(parts: readonly AppPart[]): string {
  return joinTexts(parts).join('\n\n').trim()
}
