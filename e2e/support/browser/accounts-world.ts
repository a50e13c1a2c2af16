import { chromium } from '@playwright/test'
import type { Browser } from '@playwright/test'
import { inject } from 'vitest'
import { createTestDatabase } from '../../../scripts/testing/postgres/test-database.ts'
import { startServer } from '../../../scripts/testing/server-process.ts'
import type { ServerProcess } from '../../../scripts/testing/server-process.ts'
import { cleanOnBoth } from './axe.ts'
import { conversationOn, expect } from './conversation.ts'
import { createAccount, setupLinkOf } from './people.ts'
import { visit } from './visit.ts'
import { LONG_ANSWERS } from './world.ts'

/** A browser, and a server with accounts, of which Ada has the first. */
export type AccountsWorld = AsyncDisposable & {
  browser: Browser
  server: ServerProcess
  /** It was used. */
  setupLink: string
}

export async function openAccountsWorld(): Promise<AccountsWorld> {
  const { executablePath, args } = inject('chromium')
  await using opened = new AsyncDisposableStack()
  const settings = {
    AUTH_MODE: 'accounts',
    AUTH_SIGNUP: 'open',
    AUTH_GUESTS: 'true',
    AUTH_SECRET: 'a secret of tests, with 32 characters',
  }
  const database = opened.use(await createTestDatabase())
  const server = opened.use(
    await startServer({ DATABASE_URL: database.url, ...settings, ...LONG_ANSWERS }),
  )
  // Node's warnings, such as of listeners that nothing removes, are for operators to act on.
  opened.defer(() => expect(server.output()).not.toMatch(/^\(node:\d+\) .*Warning/m))
  const browser = opened.use(await chromium.launch({ executablePath, args }))
  const setupLink = await setupLinkOf(server)
  {
    await using visitor = await visit(browser, setupLink)
    const { page } = visitor
    await cleanOnBoth(page, 'set up')
    await createAccount(page, 'Ada')
    await expect(conversationOn(page).box).toBeFocused()
  }
  const resources = opened.move()
  return { browser, server, setupLink, [Symbol.asyncDispose]: () => resources.disposeAsync() }
}
