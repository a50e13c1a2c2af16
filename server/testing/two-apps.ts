import { startTestApp } from './app.ts'
import type { TestApp, TestAppOptions } from './app.ts'
import { postgresStorage } from './postgres-storage.ts'

/** Two nodes that share a database and know of each other. */
export type TwoApps = AsyncDisposable & {
  env: Record<string, string>
  first: TestApp
  second: TestApp
}

/** Only in tests of the project `postgres`. */
export async function startTwoApps(options: TestAppOptions = {}): Promise<TwoApps> {
  await using opened = new AsyncDisposableStack()
  const storage = opened.use(await postgresStorage())
  const env = { ...storage.env, ...options.env }
  const first = opened.use(await startTestApp({ ...options, env }))
  const second = opened.use(await startTestApp({ ...options, env }))
  await first.untilOthers()
  const resources = opened.move()
  return { env, first, second, [Symbol.asyncDispose]: () => resources.disposeAsync() }
}
