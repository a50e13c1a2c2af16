/** After this somebody reads the page, who may have scrolled it without a key or a click. */
const UNTOUCHED_MS = 15_000

/**
 * Whether a page can be replaced without anybody's losing what they attached, opened or filled in, or their place.
 * @param sinceStart milliseconds since the page was loaded
 */
export function isUntouched(
  sinceStart: number,
  activation: { hasBeenActive: boolean } | undefined,
): boolean {
  return sinceStart < UNTOUCHED_MS && activation?.hasBeenActive === false
}
