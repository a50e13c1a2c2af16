const TOUCHES = ['keydown', 'pointerdown', 'touchstart', 'wheel', 'input', 'drop', 'paste'] as const

/**
 * Whether a page can be replaced without anybody's losing what they attached, opened or filled in, or where they read.
 * @param page sees the events of everything on the page
 * @returns a function that says whether nobody has done anything on it up to now
 */
export function watchTouches(page: EventTarget): () => boolean {
  const ends = new AbortController()
  const options = { capture: true, passive: true, signal: ends.signal }
  for (const touch of TOUCHES) page.addEventListener(touch, () => ends.abort(), options)
  return () => !ends.signal.aborted
}
