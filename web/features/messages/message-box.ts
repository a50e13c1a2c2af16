let current: HTMLTextAreaElement | null = null
/** Whether the box of the page that is just being left had the focus. */
let wasFocused = false

/**
 * Makes this the page's message box. The focus goes over from the box of the page before, so that a phone's keyboard
 * stays where it is when the first message of a session leads to its page.
 *
 * @returns ends it
 */
export function mountMessageBox(box: HTMLTextAreaElement): () => void {
  current = box
  if (wasFocused) box.focus({ preventScroll: true })
  return () => {
    wasFocused = document.activeElement === box
    // The next page's box, if it has one, is mounted in the same commit.
    queueMicrotask(() => {
      wasFocused = false
    })
    if (current === box) current = null
  }
}

/** Puts the cursor into the message box, except on a phone, whose keyboard would cover what is there to be read. */
export function focusMessageBox(): void {
  if (matchMedia('(pointer: fine)').matches) current?.focus({ preventScroll: true })
}
