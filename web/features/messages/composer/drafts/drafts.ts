import { removeStored } from './draft-storage.ts'
import type { TextStorage } from '../../../../person-storage.ts'
import { Listeners } from '../../../../../shared/client/store.ts'

const PREFIX = 'draft.'
const SAVE_AFTER_MS = 250

/**
 * Unsent texts by session, and the reason why the last send failed. A text survives a reload. It is saved with a delay,
 * because writing a huge text at every key press would be noticeable.
 */
export class Drafts {
  readonly #storage: TextStorage
  readonly #texts = new Map<string, string>()
  readonly #problems = new Map<string, string>()
  readonly #unsaved = new Set<string>()
  /** Taken, and not kept elsewhere yet: the stored copy stays. */
  readonly #taken = new Set<string>()
  readonly #listeners = new Listeners()
  #timer: ReturnType<typeof setTimeout> | undefined

  constructor(storage: TextStorage) {
    this.#storage = storage
  }

  readonly subscribe = this.#listeners.add

  get(key: string): string {
    const known = this.#texts.get(key)
    if (known !== undefined) return known
    const stored = this.#storage.getItem(PREFIX + key) ?? ''
    this.#texts.set(key, stored)
    return stored
  }

  set(key: string, text: string): void {
    this.#texts.set(key, text)
    this.#unsaved.add(key)
    clearTimeout(this.#timer)
    // An empty box means that the text was sent: it must not come back after an immediate reload.
    if (text === '') this.save()
    else this.#timer = setTimeout(() => this.save(), SAVE_AFTER_MS)
    this.#listeners.notify()
  }

  /** Returns the text for sending and empties the box. The stored copy stays until `release`. */
  take(key: string): string {
    const text = this.get(key)
    this.#problems.delete(key)
    this.save()
    this.#taken.add(key)
    this.set(key, '')
    return text
  }

  /** Forgets a taken draft once `kept` resolves: from then on its text is stored elsewhere. */
  release(key: string, kept: Promise<unknown>): void {
    void kept.then(() => {
      this.#taken.delete(key)
      this.save()
    })
  }

  /**
   * Puts a text back, before whatever has been typed since.
   * @param problem why its send failed, if it was sent
   */
  giveBack(key: string, text: string, problem?: string): void {
    const typed = this.get(key)
    if (problem !== undefined) this.#problems.set(key, problem)
    this.set(key, typed ? `${text}\n\n${typed}` : text)
  }

  /** The reason why the last command from this box failed; null once something is sent again. */
  problem(key: string): string | null {
    return this.#problems.get(key) ?? null
  }

  report(key: string, problem: string): void {
    this.#problems.set(key, problem)
    this.#listeners.notify()
  }

  save(): void {
    clearTimeout(this.#timer)
    for (const key of [...this.#unsaved]) {
      const text = this.get(key)
      if (text === '' && this.#taken.has(key)) continue
      // Before it is stored: another tab may answer with a change, upon which this one saves again.
      if (!this.#taken.has(key)) this.#unsaved.delete(key)
      try {
        if (text) this.#storage.setItem(PREFIX + key, text)
        else this.#storage.removeItem(PREFIX + key)
      } catch {
        // Storage is full or blocked, or nobody is known: the draft lasts until the page is closed.
        this.#unsaved.add(key)
      }
    }
  }

  /**
   * Reads the stored drafts again, after a change in another tab or when the person has become known. Drafts that are
   * being typed here, or were taken from here, stay.
   *
   * @param stored the key in the storage that has changed; null for any
   */
  reread(stored: string | null): void {
    const key = stored?.startsWith(PREFIX) ? stored.slice(PREFIX.length) : null
    if (stored !== null && key === null) return
    const keys = key === null ? [...this.#texts.keys()] : [key]
    for (const one of keys) {
      if (!this.#unsaved.has(one) && !this.#taken.has(one)) this.#texts.delete(one)
    }
    this.save()
    this.#listeners.notify()
  }

  /**
   * The owner of the drafts has become known. A text that was typed before is appended to the owner's stored draft of
   * the same box, which could not be shown until now. A box that was emptied, or sent from, shows the stored draft.
   */
  ownerKnown(): void {
    for (const key of this.#unsaved) {
      const [stored, typed] = [this.#storage.getItem(PREFIX + key), this.#texts.get(key)]
      if (stored && typed) this.#texts.set(key, `${stored}\n\n${typed}`)
      else if (!typed) this.#unsaved.delete(key)
    }
    this.#taken.clear()
    this.reread(null)
  }

  /** Forgets every draft, because the person has left. */
  clear(): void {
    clearTimeout(this.#timer)
    this.#texts.clear()
    this.#problems.clear()
    this.#unsaved.clear()
    this.#taken.clear()
    removeStored(this.#storage, PREFIX)
    this.#listeners.notify()
  }
}
