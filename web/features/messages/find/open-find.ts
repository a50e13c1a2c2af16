const listeners = new Set<() => void>()

/** Opens the search of the conversation that is shown, from elsewhere. */
export function openFind(): void {
  for (const listener of listeners) listener()
}

export function onOpenFind(listener: () => void): () => void {
  listeners.add(listener)
  return () => listeners.delete(listener)
}
