/** A page or picture that a person opened beside the conversation. */
export type Preview = { title: string; html: string }

const listeners = new Set<() => void>()
let shown: Preview | null = null

export const previews = {
  subscribe(listener: () => void): () => void {
    listeners.add(listener)
    return () => listeners.delete(listener)
  },
  get: (): Preview | null => shown,
  show(preview: Preview | null): void {
    shown = preview
    for (const listener of listeners) listener()
  },
}

export function isPreviewable(language: string, code: string): boolean {
  const name = language.toLowerCase()
  if (name === 'html' || name === 'svg') return true
  return name === 'xml' && /^\s*(<\?xml[^>]*\?>\s*)?<svg\b/.test(code)
}
