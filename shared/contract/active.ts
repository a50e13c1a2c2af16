/** A run, and the message that it writes, from its start to its end. */
export const ACTIVE = ['running', 'waiting'] as const

/** Whether it has started and not ended: it is being written, or waits for a person. */
export function isActive({ status }: { status: string }): boolean {
  return ACTIVE.some((one) => one === status)
}
