import type { Page } from '@playwright/test'
import { describe, test } from 'vitest'
import { conversationOn, expect } from '../support/browser/conversation.ts'
import { importedSession } from '../support/browser/imported-session.ts'
import { visit } from '../support/browser/visit.ts'
import type { World } from '../support/browser/world.ts'

/** Searching for a message, and going to it. */
export function searchStories(getWorld: () => World): void {
  describe('the search', () => {
    test('leads to the message, also far back and on another branch, and marks what it found', async () => {
      const { browser, url } = getWorld()
      const messages = Array.from({ length: 260 }, (_, index) =>
        index === 20 ? 'Here **walks** the aardvark, <b>unseen</b>.' : `Message number ${index}`,
      )
      await importedSession(url, 'A long walk', messages, { beside: 'The rejected platypus' })
      await using visitor = await visit(browser, url)
      const { page } = visitor
      const { log } = conversationOn(page)
      const search = page.getByRole('searchbox', { name: 'Search sessions' })
      const results = page.getByRole('list', { name: 'Search results' })

      await search.fill('aardvark')
      await expect(results.getByRole('link', { name: 'A long walk', exact: true })).toBeVisible()
      await expect(results.locator('mark')).toHaveText(['aardvark'])
      const hit = results.getByRole('link', { name: /Here walks the aardvark, <b>unseen<\/b>/ })
      await hit.click()
      await expect(page).toHaveURL(/\/s\/[0-9a-f-]{36}\?message=[0-9a-f-]{36}$/)
      const found = log.getByText('aardvark')
      await expect(found).toBeInViewport()
      await expect(log.getByText('Message number 21', { exact: true })).toBeInViewport()
      // The browser may still be scrolling to the end.
      for (let again = 0; again < 3; again += 1) {
        await log.press('End')
        await expect(found).not.toBeInViewport()
        await hit.click()
        await expect(found).toBeInViewport()
      }
      await page.reload()
      await expect(found).toBeInViewport()

      await search.fill('platypus')
      await results.getByRole('link', { name: /rejected platypus/ }).click()
      await expect(log.getByText('The rejected platypus')).toBeInViewport()
      await expect(log.getByText('1 / 2')).toBeVisible()
      await log.getByRole('button', { name: 'Next version' }).click()
      await expect(log.getByText('Message number 259', { exact: true })).toBeInViewport()

      // Only a guess: no session has the word.
      await search.fill('aardwark')
      await expect(listOf(page).getByText('Nothing found for “aardwark”, but for')).toBeVisible()
      await expect(results.locator('mark')).toHaveText(['aardvark'])
      await search.fill('no such thing')
      await expect(listOf(page).getByText('Nothing found for “no such thing”.')).toBeVisible()
      await page.getByRole('button', { name: 'Clear search' }).click()
      await expect(listOf(page).getByRole('link', { name: 'A long walk' })).toBeVisible()
    })
  })
}

function listOf(page: Page) {
  return page.getByRole('navigation', { name: 'Sessions' })
}
