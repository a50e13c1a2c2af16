import type { SessionId } from '../../shared/contract/ids.ts'
import { startTestApp } from './app.ts'
import type { Storage, TestApp, TestAppOptions } from './app.ts'
import { watch } from './clients/watch.ts'
import type { Watcher } from './clients/watch.ts'

/** A server, a session, and a reader that watches the session from its beginning. */
export type Conversation = AsyncDisposable & { app: TestApp; sessionId: SessionId; live: Watcher }

export async function startConversation(
  openStorage: () => Promise<Storage>,
  options: TestAppOptions = {},
): Promise<Conversation> {
  await using opened = new AsyncDisposableStack()
  const storage = opened.use(await openStorage())
  const app = opened.use(
    await startTestApp({ ...options, env: { ...storage.env, ...options.env } }),
  )
  const { id: sessionId } = await app.caller.sessions.create({})
  const live = opened.use(watch(app.caller, sessionId))
  await live.untilEvent('snapshot')
  const resources = opened.move()
  return { app, sessionId, live, [Symbol.asyncDispose]: () => resources.disposeAsync() }
}
