/** By how much keys scroll a box, of its height. The end is further than any. */
const amounts = new Map<string, (height: number) => number>([
  ['End', () => Number.MAX_SAFE_INTEGER],
  ['Home', () => -Number.MAX_SAFE_INTEGER],
  ['PageDown', (height) => Math.max(40, height - 40)],
  ['PageUp', (height) => -Math.max(40, height - 40)],
  ['ArrowDown', () => 40],
  ['ArrowUp', () => -40],
])

/**
 * Scrolls the box within the conversation in which a key was pressed, such as a tool's output. A browser would scroll
 * the conversation with it as soon as the box is at its end, or on its way there.
 *
 * @returns false when the key is the conversation's
 */
export function scrollInnerBox(
  { target, key, ctrlKey, metaKey, altKey }: KeyboardEvent,
  scroller: HTMLElement,
): boolean {
  const amount = amounts.get(key)
  if (!amount || ctrlKey || metaKey || altKey) return false
  for (
    let box = target instanceof HTMLElement ? target : null;
    box && box !== scroller;
    box = box.parentElement
  ) {
    const isTaller = box.scrollHeight > box.clientHeight
    if (!isTaller || !/auto|scroll/.test(getComputedStyle(box).overflowY)) continue
    const last = box.scrollHeight - box.clientHeight
    box.scrollTop = Math.min(last, Math.max(0, box.scrollTop + amount(box.clientHeight)))
    return true
  }
  return false
}
