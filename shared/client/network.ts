/**
 * Tells what the browser knows of its network and of the page being looked at; silent where there is no window.
 * `offline` is also told of a browser that is offline already. Returns the function that ends it.
 */
export function onNetworkChange(tell: {
  online(): void
  offline(): void
  /** The page came back into view: timers may have slept, and the network may be another. */
  visible(): void
}): () => void {
  if (typeof window === 'undefined' || typeof document === 'undefined') return () => {}
  const { signal, abort } = listening()
  window.addEventListener('online', () => tell.online(), { signal })
  window.addEventListener('offline', () => tell.offline(), { signal })
  document.addEventListener(
    'visibilitychange',
    () => {
      if (document.visibilityState === 'visible') tell.visible()
    },
    { signal },
  )
  if (navigator.onLine === false) queueMicrotask(() => !signal.aborted && tell.offline())
  return abort
}

function listening(): { signal: AbortSignal; abort: () => void } {
  const controller = new AbortController()
  return { signal: controller.signal, abort: () => controller.abort() }
}
