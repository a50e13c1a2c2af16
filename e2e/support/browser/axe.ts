import { AxeBuilder } from '@axe-core/playwright'
import type { Page } from '@playwright/test'
import { expect } from './conversation.ts'

const tags = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice']

const PHONE = { width: 390, height: 844 }
const DESK = { width: 1280, height: 800 }

/**
 * The app has no frames of other origins; without them axe runs in the page, in half the time. It is half a megabyte, so
 * that a page which has it already is not given it again; and what is right is not described.
 */
async function axeOn(page: Page): Promise<AxeBuilder> {
  const hasAxe = await page.evaluate(() => 'axe' in globalThis)
  return new AxeBuilder({ page, ...(hasAxe && { axeSource: ';' }) })
    .setLegacyMode(true)
    .options({ resultTypes: ['violations'] })
}

/** Checks all rules in light mode, and in dark mode those about colours. */
export async function clean(page: Page, state: string): Promise<void> {
  // A page that is not drawn yet has other faults, or none.
  await expect(page.locator('main').first()).toBeVisible()
  await page.emulateMedia({ colorScheme: 'light' })
  const light = await (await axeOn(page)).withTags(tags).analyze()
  await page.emulateMedia({ colorScheme: 'dark' })
  const dark = await (await axeOn(page)).withRules(['color-contrast']).analyze()
  const faults = [light, dark].flatMap(({ violations }) =>
    violations.map(({ id, nodes }) => ({
      id,
      nodes: nodes.map(({ html, failureSummary }) => `${html.slice(0, 200)} ${failureSummary}`),
    })),
  )
  expect(faults, state).toEqual([])
}

/** Checks the same on a phone and on a desktop. */
export async function cleanOnBoth(page: Page, state: string): Promise<void> {
  await page.emulateMedia({ reducedMotion: 'reduce' })
  await page.setViewportSize(PHONE)
  await clean(page, `${state} on a phone`)
  await page.setViewportSize(DESK)
  await clean(page, state)
}
