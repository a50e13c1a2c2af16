import { personStorage } from '../../../person-storage.ts'
import type { Prompt } from './prompts.ts'

const KEY = 'prompts'
const MOST = 200
const listeners = new Set<() => void>()
let own: readonly Prompt[] | null = null
/** Of these, what could not be stored: the storage is full or blocked, or nobody is known yet. */
let isUnstored = false

/** The prompts that a person keeps in this browser. */
export const ownPrompts = {
  subscribe(listener: () => void): () => void {
    listeners.add(listener)
    return () => listeners.delete(listener)
  },
  get(): readonly Prompt[] {
    own ??= stored()
    return own
  },
  /** In place of one of the same name. */
  keep(prompt: Prompt): void {
    const others = ownPrompts.get().filter(({ name }) => name !== prompt.name)
    set([...others, prompt].slice(-MOST))
  },
  remove(name: string): void {
    set(ownPrompts.get().filter((prompt) => prompt.name !== name))
  },
}

personStorage.onOwner(reread)
addEventListener('storage', ({ key }) => {
  // Another tab has kept or removed one.
  if (key !== null && personStorage.keyOf(key) === KEY) reread()
})

function reread(): void {
  if (isUnstored && own) {
    const here = own
    const others = stored().filter(({ name }) => !here.some((prompt) => prompt.name === name))
    return set([...others, ...here].slice(-MOST))
  }
  own = null
  for (const listener of listeners) listener()
}

function set(prompts: readonly Prompt[]): void {
  own = prompts
  try {
    personStorage.setItem(KEY, JSON.stringify(prompts))
    isUnstored = false
  } catch {
    isUnstored = true
    // Storage is full or blocked: they last until the page is closed.
  }
  for (const listener of listeners) listener()
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
