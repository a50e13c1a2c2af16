import type { Page } from '@playwright/test'

/** Chooses from the menu of the open session. */
export async function chooseAction(page: Page, name: string): Promise<void> {
  await page.getByRole('main').getByRole('button', { name: 'Session actions' }).click()
  await page.getByRole('menuitem', { name }).click()
}
