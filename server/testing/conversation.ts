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

/** Sends a question, and answers it. */
export async function ask(
  app: TestApp,
  sessionId: string,
  question: string,
  answer: string,
): Promise<void> {
  await app.caller.messages.send({ sessionId, text: question })
  const call = await app.model.nextCall()
  call.say(answer)
  call.finish()
}

/** The id of the message at this place of a reader's state, once it is there. */
export async function answerId(live: Watcher, index: number): Promise<string> {
  await live.until(({ state }) => (state?.messages.length ?? 0) > index)
  return live.state?.messages[index]?.id ?? ''
}
