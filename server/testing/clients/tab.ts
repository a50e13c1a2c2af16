import { localAsker } from '../../auth/local-owner.ts'
import { createCaller } from '../../caller.ts'
import type { TestApp } from '../app.ts'
import { watch } from './watch.ts'
import type { Watcher } from './watch.ts'

/**
 * A tab that reads a session like a network connection: the server notices its end. Stopping or disposing closes it.
 */
export async function openTab(
  app: Pick<TestApp, 'services' | 'caller'>,
  id: string,
): Promise<Watcher> {
  const closed = new AbortController()
  const me = await app.caller.me()
  const user = { ...me, suspended: false, limits: {} }
  const caller = createCaller(
    { services: app.services, asker: () => localAsker(user) },
    { signal: closed.signal },
  )
  const watcher = watch(caller, id)
  await watcher.untilEvent('snapshot')
  const stop = async () => {
    closed.abort()
    await watcher.stop()
  }
  return {
    get events() {
      return watcher.events
    },
    get state() {
      return watcher.state
    },
    until: (condition) => watcher.until(condition),
    untilEvent: (type) => watcher.untilEvent(type),
    stop,
    [Symbol.asyncDispose]: stop,
  }
}
