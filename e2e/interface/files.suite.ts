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

    test('is photographed on a phone, shows how far it is, can be tried again, and then how it looks', async () => {
      const { browser, url } = getWorld()
      const create = { width: 240, height: 180, channels: 3, background: 'blue' } as const
      const buffer = await sharp({ create }).png().toBuffer()
      const phone = { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true }
      await using visitor = await visit(browser, url, { ...phone, tolerates: /status of 400/ })
      const { page } = visitor
      let tries = 0
      const held = Promise.withResolvers<void>()
      await page.route('**/api/files/uploads', async (route) => {
        tries += 1
        if (tries === 1) return route.fulfill({ status: 400, body: 'The shelf is full.' })
        await held.promise
        return route.continue()
      })
      await page.getByRole('button', { name: 'Attach files' }).tap()
      await expect(page.getByRole('button', { name: 'Choose files' })).toBeVisible()
      const choosing = page.waitForEvent('filechooser')
      await page.getByRole('button', { name: 'Take a photo' }).tap()
      const chooser = await choosing
      expect(await chooser.element().getAttribute('capture')).toBe('environment')
      await chooser.setFiles({ name: 'photo.png', mimeType: 'image/png', buffer })
      const chips = page.getByRole('list', { name: 'Attached files' })
      await expect(chips.getByRole('alert')).toHaveText('The shelf is full.')
      await chips.getByRole('button', { name: 'Retry photo.png' }).tap()
      await expect(chips.getByRole('progressbar', { name: 'Upload of photo.png' })).toBeVisible()
      held.resolve()
      const picture = chips.locator('img')
      await expect
        .poll(() => picture.evaluate((image) => (image as HTMLImageElement).naturalWidth))
        .toBeGreaterThan(0)
      await expect(chips.getByRole('progressbar')).toBeHidden()
    })
  })
}
