const PREFIX = 'throughline.draft.'
const SAVE_AFTER_MS = 250

/**
 * What is typed and not sent yet, by session, and why the last try to send failed. The text survives a reload. It is
 * at hand at once and saved a moment later: writing a huge paste at every key would be felt.
 */
export class Drafts {
  readonly #storage: Pick<Storage, 'getItem' | 'setItem' | 'removeItem'>
  readonly #texts = new Map<string, string>()
  readonly #problems = new Map<string, string>()
  readonly #unsaved = new Set<string>()
  readonly #listeners = new Set<() => void>()
  #timer: ReturnType<typeof setTimeout> | undefined

  constructor(storage: Pick<Storage, 'getItem' | 'setItem' | 'removeItem'>) {
    this.#storage = storage
  }

  subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

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
    // An emptied box was sent: it must not come back after a reload that follows at once.
    if (text === '') this.save()
    else this.#timer = setTimeout(() => this.save(), SAVE_AFTER_MS)
    this.#notify()
  }

  /** Hands the text over for sending and empties the box. */
  take(key: string): string {
    const text = this.get(key)
    this.#problems.delete(key)
    this.set(key, '')
    return text
  }

  /**
   * Puts a text back, before whatever has been typed since.
   *
   * @param problem why its send failed, if it was sent
   */
  giveBack(key: string, text: string, problem?: string): void {
    const typed = this.get(key)
    if (problem !== undefined) this.#problems.set(key, problem)
    this.set(key, typed ? `${text}\n\n${typed}` : text)
  }

  /** Why the last thing asked for from this box did not happen; null once something is sent again. */
  problem(key: string): string | null {
    return this.#problems.get(key) ?? null
  }

  report(key: string, problem: string): void {
    this.#problems.set(key, problem)
    this.#notify()
  }

  save(): void {
    clearTimeout(this.#timer)
    for (const key of this.#unsaved) {
      const text = this.get(key)
      try {
        if (text) this.#storage.setItem(PREFIX + key, text)
        else this.#storage.removeItem(PREFIX + key)
      } catch {
        // Storage is full or forbidden: the draft lives as long as the page, which is all that can be done.
      }
    }
    this.#unsaved.clear()
  }

  #notify(): void {
    for (const listener of this.#listeners) listener()
  }
}
