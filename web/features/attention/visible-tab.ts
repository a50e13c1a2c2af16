/** The lock that every visible tab holds. */
const VISIBLE = 'throughline.visible'

/**
 * Tells other tabs while this one is visible.
 *
 * @returns a function that ends it
 */
export function tellWhenVisible(): () => void {
  let release = (): void => {}
  const look = (): void => {
    release()
    if (document.visibilityState === 'hidden') return
    const { promise: hidden, resolve } = Promise.withResolvers<void>()
    // This may be called before the lock is granted, and the lock is released at once then.
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
