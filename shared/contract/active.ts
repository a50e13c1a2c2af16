/** The states of a run, and of the message that it writes, between its start and its end. */
const ACTIVE = ['running', 'waiting'] as const

/** True between start and end: the answer is being written, or waits for a person. */
export function isActive({ status }: { status: string }): boolean {
  return ACTIVE.some((one) => one === status)
}

/** True until the end: active, or queued. */
export function isUnfinished(status: string): status is (typeof ACTIVE)[number] | 'queued' {
  return status === 'queued' || isActive({ status })
}
