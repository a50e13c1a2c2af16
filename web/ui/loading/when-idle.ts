/**
 * Loads a script that a later page needs while the network is there: after this page is rendered and the browser is
 * idle. A failure is ignored, because the page that needs the script reports it.
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
