import { personStorage } from '../../../person-storage.ts'
import type { Prompt } from './prompts.ts'
import { pageValue } from '../../../page-value.ts'

const KEY = 'prompts'
const MOST = 200
const own = pageValue<readonly Prompt[]>(stored)
/** True when prompts of this page could not be stored: the storage is full or blocked, or no person is known yet. */
let isUnstored = false

/** The prompts that a person keeps in this browser. */
export const ownPrompts = {
  subscribe: own.subscribe,
  get: own.get,
  /** Stores a prompt; it replaces one of the same name. */
  keep(prompt: Prompt): void {
    const others = own.get().filter(({ name }) => name !== prompt.name)
    set([...others, prompt].slice(-MOST))
  },
  remove(name: string): void {
    set(own.get().filter((prompt) => prompt.name !== name))
  },
}

personStorage.onOwner(reread)
addEventListener('storage', ({ key }) => {
  // Another tab has kept or removed one.
  if (key !== null && personStorage.keyOf(key) === KEY) reread()
})

function reread(): void {
  if (isUnstored) {
    const here = own.get()
    const others = stored().filter(({ name }) => !here.some((prompt) => prompt.name === name))
    return set([...others, ...here].slice(-MOST))
  }
  own.set(stored())
}

function set(prompts: readonly Prompt[]): void {
  try {
    personStorage.setItem(KEY, JSON.stringify(prompts))
    isUnstored = false
  } catch {
    isUnstored = true
    // Storage is full or blocked: they last until the page is closed.
  }
  own.set(prompts)
}

function stored(): Prompt[] {
  try {
    const value: unknown = JSON.parse(personStorage.getItem(KEY) ?? '[]')
    if (!Array.isArray(value)) return []
    return value.flatMap((one: unknown) =>
      typeof one === 'object' &&
      one !== null &&
      'name' in one &&
      'text' in one &&
      typeof one.name === 'string' &&
      typeof one.text === 'string'
        ? [{ name: one.name, text: one.text }]
        : [],
    )
  } catch {
    return []
  }
}
