import type { KeyboardEvent } from 'react'

/** False on a phone, whose keyboard has no Shift: Enter makes a line there. */
export function submitsByEnter(): boolean {
  return !matchMedia('(pointer: coarse)').matches
}

/**
 * Returns true for the key that submits a text box of several lines: Enter, but not the one that ends an input method's
 * composition, nor one that inserts a line break; with Ctrl or ⌘ also where Enter alone makes a line, as on a tablet
 * with a keyboard.
 */
export function isSubmitKey({
  key,
  keyCode,
  nativeEvent,
  shiftKey,
  altKey,
  ctrlKey,
  metaKey,
}: KeyboardEvent): boolean {
  // Safari reports 229 for the Enter that ends a composition.
  const isComposing = nativeEvent.isComposing || keyCode === 229
  const wantsLine = shiftKey || altKey || !(ctrlKey || metaKey || submitsByEnter())
  return key === 'Enter' && !isComposing && !wantsLine
}

/** Returns true for the key that edits the last message: the up arrow, as in a terminal. */
export function isEditLastKey(event: KeyboardEvent): boolean {
  const isHeld = event.shiftKey || event.altKey || event.ctrlKey || event.metaKey
  return event.key === 'ArrowUp' && !isHeld && !event.nativeEvent.isComposing
}
