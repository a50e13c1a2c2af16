import { readFile } from 'node:fs/promises'
import type { Page } from '@playwright/test'

/** What a file says that the browser saves by this act. */
export async function downloaded(page: Page, act: () => Promise<void>): Promise<string> {
  const [download] = await Promise.all([page.waitForEvent('download'), act()])
  return readFile(await download.path(), 'utf8')
}
