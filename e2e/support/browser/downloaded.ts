import { readFile } from 'node:fs/promises'
import type { Page } from '@playwright/test'

/** The content of the file that the browser downloads during this act. */
export async function downloaded(page: Page, act: () => Promise<void>): Promise<string> {
  const [download] = await Promise.all([page.waitForEvent('download'), act()])
  return readFile(await download.path(), 'utf8')
}
