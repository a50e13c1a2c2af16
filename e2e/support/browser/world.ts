import { chromium } from '@playwright/test'
import type { Browser } from '@playwright/test'
import { inject } from 'vitest'
import { createTestDatabase } from '../../../scripts/testing/postgres/test-database.ts'
import { startServer } from '../../../scripts/testing/server-process.ts'

/** The browser and the server with the demo model that the stories of one file share. */
export type World = AsyncDisposable & { browser: Browser; url: string; port: number }

/** These stories need long answers. */
export const LONG_ANSWERS = { LLM_MAX_TOKENS: '20000' }

export async function openWorld(): Promise<World> {
  const { executablePath, args } = inject('chromium')
  await using opened = new AsyncDisposableStack()
  const database = opened.use(await createTestDatabase())
  const server = opened.use(await startServer({ DATABASE_URL: database.url, ...LONG_ANSWERS }))
  const browser = opened.use(await chromium.launch({ executablePath, args }))
  const resources = opened.move()
  return {
    browser,
    url: server.url,
    port: server.port,
    [Symbol.asyncDispose]: () => resources.disposeAsync(),
  }
}
