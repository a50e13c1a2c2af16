import sharp from 'sharp'
import { describe, test } from 'vitest'
import { conversationOn, expect } from '../support/browser/conversation.ts'
import { visit } from '../support/browser/visit.ts'
import type { World } from '../support/browser/world.ts'

/** Files in a conversation. */
export function fileStories(getWorld: () => World): void {
  describe('a file', () => {
    test('is dropped, pasted or picked, goes out with the message once it is there, and is shown after a reload, where it moves nothing and opens large', async () => {
      const { browser, url } = getWorld()
      const create = { width: 240, height: 180, channels: 3, background: 'red' } as const
      const picture = await sharp({ create }).png().toBuffer()
      await using visitor = await visit(browser, url)
      const { page } = visitor
      const conversation = conversationOn(page)
      await expect(conversation.box).toBeFocused()
      const transferOf = (name: string) =>
        page.evaluateHandle(
          ([base64, given]) => {
            const bytes = Uint8Array.from(atob(base64), (char) => char.charCodeAt(0))
            const transfer = new DataTransfer()
            transfer.items.add(new File([bytes], given, { type: 'image/png' }))
            return transfer
          },
          [picture.toString('base64'), name] as const,
        )
      await conversation.box.dispatchEvent('drop', { dataTransfer: await transferOf('red.png') })
      const chips = page.getByRole('list', { name: 'Attached files' })
      await expect(chips.getByText('red.png')).toBeVisible()
      const copied = await transferOf('copied.png')
      await copied.evaluate((clipboardData) => {
        const pasted = { clipboardData, bubbles: true, cancelable: true }
        document.activeElement?.dispatchEvent(new ClipboardEvent('paste', pasted))
      })
      await expect(chips.getByText('copied.png')).toBeVisible()
      await page.getByTestId('file-picker').setInputFiles({
        name: 'notes.txt',
        mimeType: 'text/plain',
        buffer: Buffer.from('The quay is in the north.'),
      })
      await expect(chips.getByText('notes.txt')).toBeVisible()
      await conversation.send('What is this?')
      await expect(chips).toBeHidden()
      await expect(conversation.answer.locator('.markdown')).toContainText('You gave me 3 files')
      await expect(conversation.answer.locator('.markdown')).toContainText('240 × 180 pixels')
      await expect(conversation.answer.locator('.markdown')).toContainText(
        'The quay is in the north',
      )
      // Pictures that come late have their place before.
      const release = Promise.withResolvers<void>()
      await page.route('**/api/files/*?width=512', async (route) => {
        await release.promise
        await route.continue()
      })
      await page.reload()
      const shown = conversation.questions.getByRole('img', { name: 'red.png' })
      const text = conversation.questions.getByText('What is this?')
      await expect(text).toBeVisible()
      const before = await text.evaluate((one: HTMLElement) => one.offsetTop)
      release.resolve()
      await expect
        .poll(() => shown.evaluate((image) => (image as HTMLImageElement).naturalWidth))
        .toBe(240)
      expect(await text.evaluate((one: HTMLElement) => one.offsetTop)).toBe(before)

      await shown.click()
      const large = page.getByRole('dialog', { name: 'Picture red.png' })
      await expect(large.getByRole('img', { name: 'red.png' })).toBeVisible()
      await page.keyboard.press('ArrowRight')
      const next = page.getByRole('dialog', { name: 'Picture copied.png' })
      await expect(next.getByRole('img', { name: 'copied.png' })).toBeVisible()
      await page.keyboard.press('Escape')
      await expect(next).toBeHidden()
      await expect(conversation.questions.getByRole('link').first()).toBeFocused()
      await expect(conversation.questions.getByText('notes.txt')).toBeVisible()
      await expect(conversation.questions).toHaveCount(1)
    })
  })
}
