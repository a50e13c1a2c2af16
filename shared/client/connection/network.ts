/**
 * Reports changes of the browser's network and of the page's visibility; does nothing outside of a browser. `offline`
 * is also called at once for a browser that is already offline. Returns a function that unsubscribes.
 */
export function onNetworkChange(listener: {
  online(): void
  offline(): void
  /** The page became visible: its timers may have been suspended, and the network may have changed. */
  visible(): void
}): () => void {
  if (typeof document === 'undefined') return () => {}
  const { signal, abort } = listening()
  window.addEventListener('online', () => listener.online(), { signal })
  window.addEventListener('offline', () => listener.offline(), { signal })
  document.addEventListener(
    'visibilitychange',
    () => {
      if (document.visibilityState === 'visible') listener.visible()
    },
    { signal },
  )
  if (navigator.onLine === false) queueMicrotask(() => !signal.aborted && listener.offline())
  return abort
}

function listening(): { signal: AbortSignal; abort: () => void } {
  const controller = new AbortController()
  return { signal: controller.signal, abort: () => controller.abort() }
}
