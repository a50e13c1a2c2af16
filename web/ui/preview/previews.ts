import { pageValue } from '../../page-value.ts'

/** A page or picture that a person opened beside the conversation. */
export type Preview = { title: string; html: string }

const shown = pageValue<Preview | null>(() => null)

export const previews = { subscribe: shown.subscribe, get: shown.get, show: shown.set }

export function isPreviewable(language: string, code: string): boolean {
  const name = language.toLowerCase()
  if (name === 'html' || name === 'svg') return true
  return name === 'xml' && /^\s*(<\?xml[^>]*\?>\s*)?<svg\b/.test(code)
}
