import type { NewSession } from '../../../../shared/client/index.ts'
import { attachments, drafts } from './page-drafts.ts'

/** How the session begins that a box is for. */
export type Beginning = Omit<NewSession, 'projectId'>

const NONE: Beginning = {}
const keyOf = (box: string): string => `begin.${box}`
let last: { text: string; beginning: Beginning } = { text: '', beginning: NONE }

/** How the next session of a box is to begin, for as long as there is something in the box: kept as its text is. */
export const beginnings = {
  get(box: string): Beginning {
    const text = drafts.get(keyOf(box))
    // The same object for the same text, as React asks for.
    if (text !== last.text) last = { text, beginning: parsed(text) }
    return last.beginning
  },
  set(box: string, beginning: Beginning): void {
    const isPlain = Object.values(beginning).every((value) => !value)
    const text = isPlain ? '' : JSON.stringify(beginning)
    if (drafts.get(keyOf(box)) !== text) drafts.set(keyOf(box), text)
  },
  /** An empty box has none. */
  tidy(box: string): void {
    const isEmpty = drafts.get(box) === '' && attachments.get(box).length === 0
    if (isEmpty) beginnings.set(box, NONE)
  },
}

function parsed(text: string): Beginning {
  if (text === '') return NONE
  try {
    // Written by `set`, and by nobody else.
    return JSON.parse(text) as Beginning
  } catch {
    return NONE
  }
}
