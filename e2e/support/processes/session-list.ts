import { expect } from 'vitest'
import type { Client } from '../../../shared/client/index.ts'
import type { SessionsChange } from '../../../shared/contract/events.ts'

/** Collects the changes of the session list from now on. */
export async function followList({ api }: Client) {
  const changes: SessionsChange[] = []
  const { promise: started, resolve: onStarted } = Promise.withResolvers<void>()
  const subscription = api.sessions.changes.subscribe(undefined, {
    onStarted: () => onStarted(),
    onData: (change) => changes.push(change),
  })
  await started
  return {
    until: (wanted: (change: SessionsChange) => boolean) =>
      expect.poll(() => changes.some(wanted), { interval: 5, timeout: 30_000 }).toBe(true),
    [Symbol.asyncDispose]: async () => subscription.unsubscribe(),
  }
}
