import { AxeBuilder } from '@axe-core/playwright'
import type { Page } from '@playwright/test'
import { expect } from './conversation.ts'

const tags = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice']

/** The app has no frames of other origins; without them axe runs in the page, in half the time. */
const axe = (page: Page) => new AxeBuilder({ page }).setLegacyMode(true)

/** Checks all rules in light mode, and in dark mode those about colours. */
export async function clean(page: Page, state: string): Promise<void> {
  // A page that is not drawn yet has other faults, or none.
  await expect(page.locator('main').first()).toBeVisible()
  await page.emulateMedia({ colorScheme: 'light' })
  const light = await axe(page).withTags(tags).analyze()
  await page.emulateMedia({ colorScheme: 'dark' })
  const dark = await axe(page).withRules(['color-contrast']).analyze()
  const faults = [light, dark].flatMap(({ violations }) =>
    violations.map(({ id, nodes }) => ({
      id,
      nodes: nodes.map(({ html, failureSummary }) => `${html.slice(0, 200)} ${failureSummary}`),
    })),
  )
  expect(faults, state).toEqual([])
}
