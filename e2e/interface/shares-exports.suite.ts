import { Buffer } from 'node:buffer'
import { describe, test } from 'vitest'
import { chooseAction } from '../support/browser/choose-action.ts'
import { downloaded } from '../support/browser/downloaded.ts'
import { conversationOn, expect } from '../support/browser/conversation.ts'
import { importedSession } from '../support/browser/imported-session.ts'
import { contrastOf, luminancesOf } from '../support/browser/luminance.ts'
import { visit } from '../support/browser/visit.ts'
import type { World } from '../support/browser/world.ts'

/** A session on its way out: behind a link, and in a file. */
export function shareAndExportStories(getWorld: () => World): void {
  describe('a session', () => {
    test('is shared as it is now, by a link that needs nothing else and can be revoked', async () => {
      const { browser, url } = getWorld()
      await using visitor = await visit(browser, url, {
        permissions: ['clipboard-read', 'clipboard-write'],
      })
      const { page } = visitor
      const conversation = conversationOn(page)
      await conversation.send('Show my user profile')
      await expect(page.getByText('Answer complete')).toBeAttached()
      const said = await conversation.text()
      await chooseAction(page, 'Share')
      const dialog = page.getByRole('dialog', { name: 'Share session' })
      await dialog.getByRole('button', { name: 'Create link' }).click()
      await expect(dialog.getByText('The link was copied.')).toBeVisible()
      await dialog.getByRole('button', { name: 'Create link' }).click()
      await expect(dialog.getByText('Nothing was said since')).toBeVisible()
      await expect(dialog.getByRole('listitem')).toHaveCount(1)
      await dialog.getByRole('button', { name: 'Copy link' }).click()
      await expect
        .poll(() => page.evaluate(() => navigator.clipboard.readText()))
        .toMatch(/\/share\/[\w-]{43}$/)
      const link = await page.evaluate(() => navigator.clipboard.readText())
      await dialog.getByRole('button', { name: 'Close' }).click()
      await conversation.send('Repeat: said later')
      await expect(conversation.answer.locator('.markdown')).toHaveText('said later')

      {
        // The browser itself logs the error status of a revoked link.
        const tolerates = /Failed to load resource: .* 404/
        await using stranger = await visit(browser, link, { tolerates })
        const shared = stranger.page.getByRole('region', { name: 'Conversation' })
        await expect(shared.getByRole('article')).toHaveCount(2)
        const profile = shared.getByRole('group', { name: 'Tool fetch_user_profile' })
        // A card of its own, not the JSON below it.
        await expect(profile.getByText(/^free$/i)).toBeVisible()
        const text = await shared.locator('.markdown .section > *').allTextContents()
        expect(text.join('\n\n')).toBe(said)
        await expect(stranger.page.getByRole('textbox')).toHaveCount(0)
        await expect(shared.getByRole('button', { name: /Edit|Regenerate|Retry/ })).toHaveCount(0)

        await page.getByRole('link', { name: 'Settings' }).click()
        const links = page.getByRole('list', { name: 'Shared links' }).getByRole('listitem')
        const mine = links.filter({ has: page.locator(`a[href="${link}"]`) })
        await mine.getByRole('button', { name: 'Revoke link' }).click()
        await expect(mine).toHaveCount(0)
        await stranger.page.reload()
        await expect(stranger.page.getByText('This link does not work')).toBeVisible()
      }
    })

    test('is kept as a file, and everything at once as one that can be imported', async () => {
      const { browser, url } = getWorld()
      await importedSession(url, 'To be exported', ['A question', 'Its **answer**'])
      await using visitor = await visit(browser, url)
      const { page } = visitor
      const list = page.getByRole('navigation', { name: 'Sessions' })
      await list.getByRole('link', { name: 'To be exported' }).click()
      await expect(conversationOn(page).answer).toContainText('Its answer')
      const markdown = await downloaded(page, () => chooseAction(page, 'Export as Markdown'))
      expect(markdown).toContain('Its **answer**')
      const json = await downloaded(page, () => chooseAction(page, 'Export as JSON'))
      expect(JSON.parse(json)).toMatchObject({ sessions: [{ title: 'To be exported' }] })

      await page.getByRole('link', { name: 'Settings' }).click()
      const everything = await downloaded(page, () =>
        page.getByRole('button', { name: 'Export everything' }).click(),
      )
      await expect(page.getByText(/^Exported \d+ session/)).toBeVisible()
      expect(titlesIn(everything)).toContain('To be exported')
      const file = page.getByLabel('File to import')
      const upload = (text: string) =>
        file.setInputFiles({
          name: 'sessions.json',
          mimeType: 'application/json',
          buffer: Buffer.from(text),
        })
      const renamed = json.replace('"To be exported"', '"Brought in"')
      await upload(renamed)
      await expect(page.getByText('Imported 1 session.')).toBeVisible()
      await expect(list.getByRole('link', { name: 'Brought in' })).toBeVisible()
      await upload('{"no')
      await expect(page.getByRole('alert')).toHaveText('This file is not JSON.')
    })

    test('is put on paper whole, without what only a screen has', async () => {
      const { browser, url } = getWorld()
      const texts = Array.from({ length: 80 }, (_, index) => `Message number ${index}`)
      // A long one is shown in part on a screen.
      texts.push(`${'long '.repeat(2_000)}to its end`, 'Here: $x^2$\n\n```ts\nlet a\n```')
      const id = await importedSession(url, 'On paper', texts)
      await using visitor = await visit(browser, `${url}/s/${id}`, { colorScheme: 'dark' })
      const { page } = visitor
      await page.addInitScript(notePrints)
      await page.reload()
      await expect(conversationOn(page).answer.locator('.katex')).toBeVisible()
      // The browser's own print would contain only what is in view.
      await page.keyboard.press('Control+p')
      await expect(page).toHaveURL(`${url}/print/${id}`)
      await expect(page).toHaveTitle('On paper')
      const printed = () => page.evaluate(() => (globalThis as Printing).printed)
      await expect.poll(printed).toBe(1)
      const shown = page.getByRole('region', { name: 'Conversation' })
      await expect(shown.getByRole('article')).toHaveCount(82)
      await page.emulateMedia({ media: 'print' })
      await expect(shown.getByText('Message number 0', { exact: true })).toBeVisible()
      await expect(shown.getByText('to its end')).toBeVisible()
      await expect(shown.locator('.katex')).toBeVisible()
      await expect(page.getByRole('button')).toHaveCount(0)
      // Nothing scrolls: the document is as long as all of it.
      const length = await page.evaluate(() => document.documentElement.scrollHeight)
      const last = await shown.getByRole('article').last().boundingBox()
      expect(last && last.y).toBeGreaterThan(2_000)
      expect(length).toBeGreaterThanOrEqual(Math.floor((last?.y ?? 0) + (last?.height ?? 0)))
      expect(await contrastOf(shown.locator('.markdown p').first())).toBeGreaterThanOrEqual(4.5)
      expect((await luminancesOf(page.locator('body'))).background).toBeGreaterThan(0.9)
      await page.emulateMedia({ media: 'screen' })
      await page.getByRole('button', { name: 'Back to the session' }).click()
      await chooseAction(page, 'Print')
      await expect.poll(printed).toBe(2)
    })
  })
}

function titlesIn(file: string): string[] {
  const { sessions }: { sessions: { title: string }[] } = JSON.parse(file)
  return sessions.map(({ title }) => title)
}

type Printing = typeof globalThis & { printed: number }

/** Runs in the page: counts how often it asks to be printed. */
function notePrints(): void {
  const page = globalThis as Printing
  page.printed = 0
  page.print = () => {
    page.printed += 1
  }
}
