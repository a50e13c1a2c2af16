const TOUCHES = ['keydown', 'pointerdown', 'touchstart', 'wheel', 'input', 'drop', 'paste'] as const

/**
 * Watches whether a person uses the page. An unused page can be reloaded without losing input, files or the place of
 * reading.
 *
 * @param page the target that gets the events of everything on the page
 * @returns a function that returns true until somebody has used it
 */
export function watchTouches(page: EventTarget): () => boolean {
  const ends = new AbortController()
  const options = { capture: true, passive: true, signal: ends.signal }
  for (const touch of TOUCHES) page.addEventListener(touch, () => ends.abort(), options)
  return () => !ends.signal.aborted
}
