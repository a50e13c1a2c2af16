/** Held by every tab that somebody looks at. */
const VISIBLE = 'throughline.visible'

/**
 * Tells other tabs for as long as this one is looked at.
 * @returns a function that ends it
 */
export function tellWhenVisible(): () => void {
  let release = (): void => {}
  const look = (): void => {
    release()
    if (document.visibilityState === 'hidden') return
    const { promise: hidden, resolve } = Promise.withResolvers<void>()
    // Also before the lock is granted: it is given back at once then.
    release = resolve
    void navigator.locks?.request(VISIBLE, { mode: 'shared' }, () => hidden)
  }
  document.addEventListener('visibilitychange', look)
  look()
  return () => {
    document.removeEventListener('visibilitychange', look)
    release()
  }
}

/** Resolves with true when a tab of the app is visible. */
export async function isAnyVisible(): Promise<boolean> {
  const locks = await navigator.locks?.query()
  return locks?.held?.some(({ name }) => name === VISIBLE) ?? false
}
