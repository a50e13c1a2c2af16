import { expect } from 'vitest'
import type { TestApp } from './app.ts'

type Session = Awaited<ReturnType<TestApp['caller']['sessions']['get']>>

/** A session with one answered question and the title that the model wrote. */
export async function converse(app: TestApp): Promise<string> {
  const { id } = await app.caller.sessions.create({})
  await app.caller.messages.send({ sessionId: id, text: 'What is a quay?' })
  const call = await app.model.nextCall()
  call.say('A place for ships.')
  call.finish()
  await answerWriting(app, 'Quays')
  await until(app, id, ({ title, running }) => title === 'Quays' && !running)
  return id
}

/** Answers the next request for a title or a summary. */
export async function answerWriting(app: TestApp, text: string): Promise<void> {
  const writing = await app.model.nextWriting()
  writing.say(text)
  writing.finish()
}

/** Resolves with the session when it fulfils the condition. */
export async function until(
  app: TestApp,
  id: string,
  condition: (session: Session) => boolean,
): Promise<Session> {
  const get = () => app.caller.sessions.get({ id })
  await expect.poll(async () => condition(await get()), { timeout: 30_000 }).toBe(true)
  return get()
}

export async function untilClosed(app: TestApp, id: string): Promise<Session> {
  const closed = await until(app, id, ({ status }) => status === 'closed')
  expect(closed).toMatchObject({ endedAt: expect.any(String), durationMs: expect.any(Number) })
  return closed
}
