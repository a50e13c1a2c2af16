import type { KeyboardEvent } from 'react'

/**
 * Whether a key means "done" in a box of several lines: Enter, but neither the one that ends an input method's
 * composition nor one that is to begin a line, as it is on a phone, which has no Shift.
 */
export function isSubmitKey({
  key,
  keyCode,
  nativeEvent,
  shiftKey,
  altKey,
}: KeyboardEvent): boolean {
  // 229 is what Safari reports for the Enter that ends a composition.
  const isComposing = nativeEvent.isComposing || keyCode === 229
  const wantsLine = shiftKey || altKey || matchMedia('(pointer: coarse)').matches
  return key === 'Enter' && !isComposing && !wantsLine
}

/** Whether a key goes back to what was said last, as it does in a terminal. */
export function isEditLastKey(event: KeyboardEvent): boolean {
  const isHeld = event.shiftKey || event.altKey || event.ctrlKey || event.metaKey
  return event.key === 'ArrowUp' && !isHeld && !event.nativeEvent.isComposing
}
