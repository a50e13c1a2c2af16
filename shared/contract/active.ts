/** The states of a run, and of the message that it writes, from its start to its end. */
export const ACTIVE = ['running', 'waiting'] as const

/** True from its start to its end: the answer is being written, or waits for a person. */
export function isActive({ status }: { status: string }): boolean {
  return ACTIVE.some((one) => one === status)
}

/** True until its end: active, or queued for its start. */
export function isUnfinished(status: string): status is (typeof ACTIVE)[number] | 'queued' {
  return status === 'queued' || isActive({ status })
}
