import { expect } from 'vitest'
import type { SessionsChange } from '../../../shared/contract/events.ts'
import type { Session } from '../../../shared/contract/session.ts'
import type { TestApp } from '../app.ts'

/** An open list of sessions and its latest changes. */
export async function followList(app: TestApp) {
  const leave = new AbortController()
  const { id } = await app.caller.me()
  const told: Session[] = []
  const read = async () => {
    for await (const change of app.services.changes.follow(id, leave.signal)) {
      if (change.type === 'session') {
        told.push(change.session)
      }
    }
  }
  const done = read()
  return {
    /**
     * Resolves when the list receives a session that fulfils the condition; one second is promised, and some slack is
     * added.
     */
    async until(condition: (session: Session) => boolean): Promise<void> {
      await expect.poll(() => told.some(condition), { timeout: 5_000 }).toBe(true)
      told.length = 0
    },
    [Symbol.asyncDispose]: async () => {
      leave.abort()
      await done
    },
  }
}

/** The first session of which the list reports that it was deleted. */
export async function nextDeleted(list: AsyncIterable<SessionsChange>): Promise<string | null> {
  for await (const change of list) {
    if (change.type === 'deleted') return change.id
  }
  return null
}
