import { basePath } from './base-path.ts'
import { person } from './person.ts'
import { Listeners } from '../shared/client/store.ts'

/** The part of the browser's `Storage` that is used. */
export type TextStorage = Pick<Storage, 'getItem' | 'setItem' | 'removeItem' | 'key' | 'length'>

/** The key that marks a guest. Its value is the time when the guest began to sign in or up. */
const GUEST = 'guest'
/** The validity of the link in a mail. Milliseconds. */
const BECOMES_WITHIN_MS = 3_600_000

/** Keys of earlier versions, which stored no owner. */
const WITHOUT_OWNER = /^throughline\.(?:draft\..*|files\..*|prompts)$/s
const BEFORE = 'throughline.'

/** One person's part of the browser's storage: drafts and other private data, which nobody else is shown. */
export class PersonStorage implements TextStorage {
  readonly #storage: TextStorage
  readonly #base: string
  readonly #listeners = new Listeners()
  #owner: string | null

  /**
   * @param base the beginning of all keys
   * @param owner the person; null while nobody is known
   */
  constructor(storage: TextStorage, base: string, owner: string | null) {
    this.#storage = storage
    this.#base = base
    this.#owner = owner
    // Before the server answers, the last person counts. Values of earlier versions are moved before the first read, so
    // that no newer text replaces them.
    if (owner !== null) this.#adopt()
  }

  get owner(): string | null {
    return this.#owner
  }

  /**
   * Calls back when it has become known whose things these are.
   * @returns a function that ends it
   */
  readonly onOwner = this.#listeners.add

  getItem(key: string): string | null {
    return this.#owner === null ? null : this.#storage.getItem(this.#prefix() + key)
  }

  /** @throws when the storage is full or blocked, no person is known, or this person has signed out in another tab */
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

  /** The key without the person's prefix; null for keys that are not this person's. */
  keyOf(stored: string): string | null {
    const prefix = this.#prefix()
    return this.#owner !== null && stored.startsWith(prefix) ? stored.slice(prefix.length) : null
  }

  /** Sets the owner, and removes the data of others. */
  own(id: string): void {
    const wasKnown = this.#owner === id
    this.#owner = id
    if (this.#storage.getItem(this.#left) === id) this.#storage.removeItem(this.#left)
    for (const key of this.#allKeys()) {
      const isOthers = key.startsWith(`${this.#base}.of.`) && !key.startsWith(this.#prefix())
      if (isOthers || (!wasKnown && WITHOUT_OWNER.test(key))) this.#storage.removeItem(key)
    }
    if (!wasKnown) this.#listeners.notify()
  }

  /** The owner has become this person, as a guest does who makes an account. */
  handOver(id: string): void {
    const [before, keys] = [this.#prefix(), this.#keys()]
    this.#owner = id
    for (const key of keys) {
      if (key === GUEST) this.#storage.removeItem(before + key)
      else this.#move(before + key, this.#prefix() + key)
    }
  }

  /** Removes all data of the owner, who has left, and keeps their other tabs from writing more. */
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

  /** Takes over what an earlier version kept. */
  #adopt(): void {
    for (const key of this.#allKeys()) {
      if (WITHOUT_OWNER.test(key)) this.#move(key, this.#prefix() + key.slice(BEFORE.length))
    }
  }

  /** Moves a value; a value that is there already is kept behind it. */
  #move(from: string, to: string): void {
    const value = this.#storage.getItem(from)
    if (value === null) return
    const there = this.#storage.getItem(to)
    this.#storage.removeItem(from)
    try {
      this.#storage.setItem(to, there === null ? value : joined(value, there))
    } catch {
      // Storage is full: it stays where it was, where it had room.
      this.#storage.setItem(from, value)
    }
  }
}

/** Both of two values: lists as one list, texts one below the other. */
function joined(first: string, second: string): string {
  if (first === second) return first
  const [one, two] = [listIn(first), listIn(second)]
  return one && two ? JSON.stringify([...one, ...two]) : `${first}\n\n${second}`
}

function listIn(value: string): unknown[] | null {
  try {
    const list: unknown = JSON.parse(value)
    return Array.isArray(list) ? list : null
  } catch {
    return null
  }
}

/** A browser may block storage; drafts then last until the page is closed. */
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

/** The stored texts of the person who is signed in. Each base path of a host has a storage of its own. */
export const personStorage = new PersonStorage(
  pageStorage(),
  `throughline${basePath}`,
  person.get(),
)

/** True when the person of this browser is a guest, who may create an account. */
export function isGuest(): boolean {
  return personStorage.getItem(GUEST) !== null
}

export function noteGuest(): void {
  if (!isGuest()) note('yes')
}

/** Notes that a guest has begun to sign in or up: the next login in this browser is that guest's. */
export function noteBecoming(): void {
  note(String(Date.now()))
}

let isKindKnown = false

/**
 * Notes as whom the page was loaded; only the first call counts. A guest's page may learn that there is an account
 * before it learns whose account it is.
 */
export function noteKind(kind: 'guest' | 'member'): void {
  if (!isKindKnown && kind === 'member') personStorage.removeItem(GUEST)
  isKindKnown = true
}

/**
 * True while a guest is creating an account. The server may end the guest's login before this browser has the new one;
 * both are of the same person.
 */
export function isBecoming(): boolean {
  return Date.now() - Number(personStorage.getItem(GUEST)) < BECOMES_WITHIN_MS
}

function note(text: string): void {
  try {
    personStorage.setItem(GUEST, text)
  } catch {
    // Storage is blocked: there is nothing in it to take along.
  }
}
