import { describe, test } from 'vitest'
import { conversationOn, expect } from './support/conversation.ts'
import { visit } from './support/visit.ts'
import type { World } from './support/world.ts'

/** A red picture of two by two pixels. */
const PICTURE =
  'iVBORw0KGgoAAAANSUhEUgAAAAIAAAACCAIAAAD91JpzAAAAEElEQVR4nGP4z8AARAwQCgAf7gP9i18U1AAAAABJRU5ErkJggg=='

/** Files in a conversation. */
export function fileStories(getWorld: () => World): void {
  describe('a file', () => {
    test('is dropped, goes out with the message once it is there, and is shown after a reload', async () => {
      const { browser, url } = getWorld()
      await using visitor = await visit(browser, url)
      const { page } = visitor
      const conversation = conversationOn(page)
      await expect(conversation.box).toBeFocused()
      const dropped = await page.evaluateHandle((base64) => {
        const bytes = Uint8Array.from(atob(base64), (char) => char.charCodeAt(0))
        const transfer = new DataTransfer()
        transfer.items.add(new File([bytes], 'red.png', { type: 'image/png' }))
        return transfer
      }, PICTURE)
      await conversation.box.dispatchEvent('drop', { dataTransfer: dropped })
      const chips = page.getByRole('list', { name: 'Attached files' })
      await expect(chips.getByText('red.png')).toBeVisible()
      await page.getByTestId('file-picker').setInputFiles({
        name: 'notes.txt',
        mimeType: 'text/plain',
        buffer: Buffer.from('The quay is in the north.'),
      })
      await expect(chips.getByText('notes.txt')).toBeVisible()
      await conversation.send('What is this?')
      await expect(chips).toBeHidden()
      await expect(conversation.answer.locator('.markdown')).toContainText('You gave me 2 files')
      await expect(conversation.answer.locator('.markdown')).toContainText('2 × 2 pixels')
      await expect(conversation.answer.locator('.markdown')).toContainText(
        'The quay is in the north',
      )
      await page.reload()
      const shown = conversation.questions.getByRole('img', { name: 'red.png' })
      await expect
        .poll(() => shown.evaluate((image) => (image as HTMLImageElement).naturalWidth))
        .toBe(2)
      await expect(conversation.questions.getByText('notes.txt')).toBeVisible()
      await expect(conversation.questions).toHaveCount(1)
    })
  })
}
