import { expect } from 'vitest'
import type { TestApp } from './app.ts'
import { watch } from './clients/watch.ts'
import type { Watcher } from './clients/watch.ts'

/** Compares with a fresh reader in the middle of an answer. */
export async function sameNow(app: TestApp, sessionId: string, live: Watcher): Promise<void> {
  await using fresh = watch(app.caller, sessionId)
  await fresh.untilEvent('snapshot')
  await live.until(({ state }) => (state?.seq ?? 0) >= (fresh.state?.seq ?? 0))
  expect(fresh.state).toEqual(live.state)
}

/** Compares with a fresh reader when the answer has ended. */
export async function sameAsFresh(app: TestApp, sessionId: string, live: Watcher): Promise<void> {
  await live.until(({ state }) => state?.session.running === false)
  await using fresh = watch(app.caller, sessionId)
  await fresh.untilEvent('snapshot')
  expect(fresh.state).toEqual(live.state)
}
