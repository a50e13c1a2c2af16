/**
 * Loads a script that the next page needs, once this one is drawn and nothing else is to be done: the network may be
 * gone by then. Nothing of it is asked for before, and a failure is that of the page that needs it.
 */
export function whenIdle(load: () => Promise<unknown>): void {
  // Tests draw components without a page.
  if (typeof document === 'undefined') return
  const begin = () => void load().catch(() => undefined)
  const later = () =>
    'requestIdleCallback' in globalThis ? requestIdleCallback(begin, { timeout: 2_000 }) : begin()
  if (document.readyState === 'complete') later()
  else addEventListener('load', later, { once: true })
}
