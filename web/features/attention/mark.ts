import { basePath } from '../../base-path.ts'
import type { Mark } from './attention.ts'
import { pageValue } from '../../page-value.ts'

const signs = { waits: '❗', answering: '… ', done: '✓ ' } as const
const colours = { waits: '#e5484d', answering: '#f97b4f', done: '#30a46c' } as const

const shown = pageValue<Mark>(() => null)

/** The sign at the beginning of the page's title. */
export const mark = {
  subscribe: shown.subscribe,
  get(): string {
    const current = shown.get()
    return current === null ? '' : signs[current]
  },
}

/** Shows a mark in the title and the icon, and a number at the installed app's icon. */
export function showMark(next: Mark, count: number): void {
  if (next !== shown.get()) {
    const icon = document.querySelector<HTMLLinkElement>('link[rel="icon"]')
    if (icon) icon.href = next === null ? `${basePath}/icon.svg` : iconWith(colours[next])
    shown.set(next)
  }
  const badge = count > 0 ? navigator.setAppBadge?.(count) : navigator.clearAppBadge?.()
  // Not every system has one.
  badge?.catch(() => undefined)
}

function iconWith(colour: string): string {
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><rect width="32" height="32" rx="8" fill="#1c1917"/><path d="M16 4v24" stroke="#57534e" stroke-width="2.5" stroke-linecap="round"/><circle cx="16" cy="16" r="5" fill="#f97b4f"/><circle cx="24" cy="8" r="7" fill="${colour}" stroke="#1c1917" stroke-width="2"/></svg>`
  return `data:image/svg+xml,${encodeURIComponent(svg)}`
}
