import type { NewSession } from '../../../../../shared/client/index.ts'
import type { Attachments } from '../attachments/attachments.ts'
import type { Drafts } from './drafts.ts'
import { Listeners } from '../../../../../shared/client/store.ts'

/** The settings of the session that a message box will create. */
export type Beginning = Omit<NewSession, 'projectId'>

const NONE: Beginning = {}
const keyOf = (box: string): string => `begin.${box}`

/**
 * The settings of the next session of each message box. Another tab with the same box does not change what was chosen
 * in this one. They are stored beside the draft, so that both survive a reload.
 */
export class Beginnings {
  readonly #drafts: Drafts
  readonly #attachments: Attachments
  /** The choices of this tab, and whether the box had text or files at that time. */
  readonly #own = new Map<string, { beginning: Beginning; wasFilled: boolean }>()
  readonly #listeners = new Listeners()
  #last: { text: string; beginning: Beginning } = { text: '', beginning: NONE }

  constructor(drafts: Drafts, attachments: Attachments) {
    this.#drafts = drafts
    this.#attachments = attachments
    drafts.subscribe(() => this.#follow())
    attachments.subscribe(() => this.#follow())
  }

  subscribe = (listener: () => void): (() => void) => {
    const leaves = [this.#listeners.add(listener), this.#drafts.subscribe(listener)]
    return () => {
      for (const leave of leaves) leave()
    }
  }

  get(box: string): Beginning {
    const own = this.#own.get(box)
    if (own) return own.beginning
    const text = this.#drafts.get(keyOf(box))
    // The same object for the same text, as React asks for.
    if (text !== this.#last.text) this.#last = { text, beginning: parsed(text) }
    return this.#last.beginning
  }

  set(box: string, beginning: Beginning): void {
    const wasFilled = this.#isFilled(box)
    if (isPlain(beginning)) this.#own.delete(box)
    else this.#own.set(box, { beginning, wasFilled })
    this.#store(box, wasFilled ? beginning : NONE)
    this.#listeners.notify()
  }

  /** Adds the settings of one box to those of another. */
  move(from: string, to: string): void {
    this.set(to, { ...this.get(to), ...given(this.get(from)) })
    this.set(from, NONE)
  }

  /** The page of the box comes or goes: an empty box has none. */
  tidy(box: string): void {
    if (!this.#isFilled(box)) this.set(box, NONE)
  }

  #isFilled(box: string): boolean {
    return this.#drafts.get(box) !== '' || this.#attachments.get(box).length > 0
  }

  /**
   * Stores the choices of this tab when text or files come into their box. A choice that another tab has stored for it
   * stays.
   */
  #follow(): void {
    for (const [box, { beginning, wasFilled }] of this.#own) {
      const isFilled = this.#isFilled(box)
      if (isFilled === wasFilled) continue
      this.#own.set(box, { beginning, wasFilled: isFilled })
      if (!isFilled) this.#store(box, NONE)
      else if (this.#drafts.get(keyOf(box)) === '') this.#store(box, beginning)
    }
  }

  #store(box: string, beginning: Beginning): void {
    const text = isPlain(beginning) ? '' : JSON.stringify(beginning)
    if (this.#drafts.get(keyOf(box)) !== text) this.#drafts.set(keyOf(box), text)
  }
}

function isPlain(beginning: Beginning): boolean {
  return Object.values(beginning).every((value) => !value)
}

function given(beginning: Beginning): Beginning {
  return Object.fromEntries(Object.entries(beginning).filter(([, value]) => value))
}

function parsed(text: string): Beginning {
  if (text === '') return NONE
  try {
    // Only `#store` writes it.
    return JSON.parse(text) as Beginning
  } catch {
    return NONE
  }
}
