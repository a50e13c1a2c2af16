let current: HTMLTextAreaElement | null = null
/** True when the message box of the page that is being left had the focus. */
let wasFocused = false

/**
 * Registers the page's message box. It takes the focus over from the previous page's box, so that a phone's keyboard
 * stays open when the first message of a session leads to its page.
 * @returns a function that unregisters it
 */
export function mountMessageBox(box: HTMLTextAreaElement): () => void {
  current = box
  if (wasFocused) box.focus({ preventScroll: true })
  return () => {
    wasFocused = document.activeElement === box
    // The next page's box, if any, is mounted in the same commit.
    queueMicrotask(() => {
      wasFocused = false
    })
    if (current === box) current = null
  }
}

/** The page's message box, if it has one. */
export function messageBox(): HTMLTextAreaElement | null {
  return current
}

/** Focuses the message box, except on a phone, whose keyboard would cover the conversation. */
export function focusMessageBox(): void {
  if (matchMedia('(pointer: fine)').matches) current?.focus({ preventScroll: true })
}
