import { basePath } from './base-path.ts'
import { person } from './person.ts'

/** What is needed of the browser's storage. */
export type TextStorage = Pick<Storage, 'getItem' | 'setItem' | 'removeItem' | 'key' | 'length'>

/** Noted of a guest. */
const GUEST = 'guest'

/** What was kept before it had an owner. */
const WITHOUT_OWNER = /^throughline\.(?:draft\..*|files\..*|prompts)$/s

/** The part of the browser's storage that is one person's: what they typed and keep, and nobody else is shown. */
export class PersonStorage implements TextStorage {
  readonly #storage: TextStorage
  readonly #base: string
  readonly #listeners = new Set<() => void>()
  #owner: string | null

  /**
   * @param base what the keys of every person begin with
   * @param owner whose things these are; null while nobody is known
   */
  constructor(storage: TextStorage, base: string, owner: string | null) {
    this.#storage = storage
    this.#base = base
    this.#owner = owner
  }

  get owner(): string | null {
    return this.#owner
  }

  /** Calls back when it has become known whose things these are. */
  onOwner(listener: () => void): void {
    this.#listeners.add(listener)
  }

  getItem(key: string): string | null {
    return this.#owner === null ? null : this.#storage.getItem(this.#prefix() + key)
  }

  /** @throws when the storage is full or blocked, nobody is known, or this person has signed out in another tab */
  setItem(key: string, value: string): void {
    if (this.#owner === null) throw new Error('no-owner')
    if (this.#storage.getItem(this.#left) === this.#owner) throw new Error('owner-left')
    this.#storage.setItem(this.#prefix() + key, value)
  }

  removeItem(key: string): void {
    if (this.#owner !== null) this.#storage.removeItem(this.#prefix() + key)
  }

  key(index: number): string | null {
    return this.#keys()[index] ?? null
  }

  get length(): number {
    return this.#keys().length
  }

  /** The key here of one of the browser's storage; null for what is not this person's. */
  keyOf(stored: string): string | null {
    const prefix = this.#prefix()
    return this.#owner !== null && stored.startsWith(prefix) ? stored.slice(prefix.length) : null
  }

  /** It is this person who is here: what others left is removed. */
  own(id: string): void {
    const wasKnown = this.#owner === id
    this.#owner = id
    if (this.#storage.getItem(this.#left) === id) this.#storage.removeItem(this.#left)
    for (const key of this.#allKeys()) {
      if (key.startsWith(`${this.#base}.of.`) && !key.startsWith(this.#prefix())) {
        this.#storage.removeItem(key)
      } else if (WITHOUT_OWNER.test(key)) {
        // Who was known before the server said so is the one who was here.
        if (wasKnown) this.#move(key, this.#prefix() + key.slice('throughline.'.length))
        this.#storage.removeItem(key)
      }
    }
    if (!wasKnown) for (const listener of this.#listeners) listener()
  }

  /** The owner has become this person, as a guest does who makes an account. */
  handOver(id: string): void {
    const [before, keys] = [this.#prefix(), this.#keys()]
    this.#owner = id
    for (const key of keys) {
      if (key !== GUEST) this.#move(before + key, this.#prefix() + key)
      this.#storage.removeItem(before + key)
    }
  }

  /** The owner has left: nothing of theirs stays, also of what their other tabs would still write. */
  forget(): void {
    const owner = this.#owner
    if (owner === null) return
    for (const key of this.#keys()) this.removeItem(key)
    this.#owner = null
    try {
      this.#storage.setItem(this.#left, owner)
    } catch {
      // Storage is full or blocked: other tabs can write nothing either.
    }
  }

  get #left(): string {
    return `${this.#base}.left`
  }

  #prefix(): string {
    return `${this.#base}.of.${this.#owner}.`
  }

  #keys(): string[] {
    return this.#allKeys().flatMap((key) => this.keyOf(key) ?? [])
  }

  #allKeys(): string[] {
    const { length } = this.#storage
    return Array.from({ length }, (_, index) => this.#storage.key(index) ?? '')
  }

  #move(from: string, to: string): void {
    const value = this.#storage.getItem(from)
    if (value === null || this.#storage.getItem(to) !== null) return
    try {
      this.#storage.setItem(to, value)
    } catch {
      // Storage is full.
    }
  }
}

/** A browser may block storage; what is typed then lasts until the page is closed. */
function pageStorage(): TextStorage {
  try {
    return window.localStorage
  } catch {
    const refuse = (): never => {
      throw new Error('storage-blocked')
    }
    return {
      getItem: () => null,
      setItem: refuse,
      removeItem: () => {},
      key: () => null,
      length: 0,
    }
  }
}

/** What this browser keeps of the person who is here. Servers below other paths of the same host have their own. */
export const personStorage = new PersonStorage(
  pageStorage(),
  `throughline${basePath}`,
  person.get(),
)

/** Whether the person of this browser is a guest, who may become one of the server's people. */
export function isGuest(): boolean {
  return personStorage.getItem(GUEST) !== null
}

export function noteGuest(): void {
  try {
    personStorage.setItem(GUEST, 'yes')
  } catch {
    // Storage is blocked: there is nothing in it to take along.
  }
}
