import { describe, test } from 'vitest'
import { conversationOn, expect, numberedWords, repeat } from '../support/browser/conversation.ts'
import { contrastOf, luminancesOf } from '../support/browser/luminance.ts'
import { sidewaysOverflow } from '../support/browser/overflow.ts'
import { storedTurns } from '../support/browser/stored-session.ts'
import { visit } from '../support/browser/visit.ts'
import type { World } from '../support/browser/world.ts'

/** The app by keyboard, on a phone, and in both themes. */
export function screenStories(getWorld: () => World): void {
  describe('the screen', () => {
    test('needs no mouse: sending, stopping and asking again leave the focus in the box', async () => {
      const { browser, url } = getWorld()
      await using visitor = await visit(browser, url)
      const { page } = visitor
      const { keyboard } = page
      const conversation = conversationOn(page)
      await expect(conversation.box).toBeFocused()
      await keyboard.insertText(repeat(numberedWords(300)))
      await keyboard.press('Enter')
      await conversation.untilWords(5)
      await expect(conversation.box).toBeFocused()
      await expect(conversation.box).toHaveValue('')
      await keyboard.press('Escape')
      await expect(conversation.answer.getByText('Stopped', { exact: true })).toBeVisible()
      await expect(conversation.box).toBeFocused()

      await keyboard.type('Repeat: by the button')
      await keyboard.press('Tab')
      await expect(conversation.sendButton).toBeFocused()
      await keyboard.press('Enter')
      await expect(conversation.answer.locator('.markdown')).toHaveText('by the button')
      await expect(conversation.box).toBeFocused()
      await keyboard.type('one line')
      await keyboard.press('Shift+Enter')
      await keyboard.type('and another')
      await expect(conversation.box).toHaveValue('one line\nand another')
      expect(await storedTurns(page)).toHaveLength(4)
    })

    test('of a phone has the sessions in a sheet, nothing to scroll sideways, and is as high as the view', async () => {
      const { browser, url } = getWorld()
      const viewport = { width: 360, height: 640 }
      const phone = { viewport, hasTouch: true, isMobile: true, deviceScaleFactor: 2 }
      await using visitor = await visit(browser, url, phone)
      const { page } = visitor
      const conversation = conversationOn(page)
      await conversation.box.fill('How much memory is in use?')
      await conversation.sendButton.tap()
      await expect(page.getByText('Answer complete')).toBeAttached()
      expect(await sidewaysOverflow(page)).toEqual([])
      await page.setViewportSize({ width: 360, height: 400 })
      await expect
        .poll(async () => {
          const box = await conversation.box.boundingBox()
          return box && box.y + box.height
        })
        .toBeLessThanOrEqual(400)

      const sheet = page.getByRole('dialog', { name: 'Sessions' })
      await expect(sheet).toBeHidden()
      await page.getByRole('button', { name: 'Show sessions' }).tap()
      await expect(sheet.getByRole('navigation', { name: 'Sessions' })).toBeVisible()
      // A menu outside of the sheet would be rendered behind it.
      await sheet.getByRole('button', { name: 'Session actions' }).first().tap()
      await sheet.getByRole('menuitem', { name: 'Rename' }).tap()
      const rename = page.getByRole('dialog', { name: 'Rename session' })
      await rename.getByRole('button', { name: 'Cancel' }).tap()
      await expect(rename).toBeHidden()
      // The commands of the palette have no other way on a phone.
      await sheet.getByRole('button', { name: 'Command palette' }).tap()
      await expect(sheet).toBeHidden()
      await page.getByRole('combobox').fill('find in')
      await page.getByRole('option', { name: 'Find in this session' }).tap()
      await expect(page.getByRole('searchbox', { name: 'Find in this session' })).toBeFocused()
      await page.keyboard.press('Escape')
      await page.getByRole('button', { name: 'Show sessions' }).tap()
      await sheet.getByRole('button', { name: 'New session' }).tap()
      await expect(sheet).toBeHidden()
      await expect(page).toHaveURL(/\/$/)
      await expect(conversation.box).not.toBeFocused()
      expect(await sidewaysOverflow(page)).toEqual([])
    })

    test('has its own pages about the interface, and one for an address that leads nowhere', async () => {
      const { browser, url } = getWorld()
      // Redoc loads its logo from its maker's server, which the page's content security policy blocks.
      const tolerates = /'https:\/\/cdn\.redoc\.ly\/.* has been blocked/
      await using visitor = await visit(browser, url, { tolerates })
      const { page } = visitor
      for (const path of ['/docs', '/redoc']) {
        await page.goto(url + path)
        await expect(page.getByRole('heading', { name: /^Throughline/ })).toBeVisible()
        await expect(page.getByText('/session/{id}', { exact: true }).first()).toBeAttached()
      }
      await page.goto(`${url}/no/such/page`)
      await expect(page.getByText('There is no page at this address.')).toBeVisible()
      await page.goto(`${url}/s/${crypto.randomUUID()}`)
      await expect(page.getByText('This session does not exist')).toBeVisible()
      await page.getByRole('link', { name: 'Start a new session' }).click()
      await expect(conversationOn(page).box).toBeFocused()
    })

    test('is dark or light as the system is, and can be read in both', async () => {
      const { browser, url } = getWorld()
      const backgrounds: number[] = []
      for (const colorScheme of ['light', 'dark'] as const) {
        await using visitor = await visit(browser, url, { colorScheme })
        const { page } = visitor
        const conversation = conversationOn(page)
        await conversation.send('Repeat: light and shade')
        await expect(page.getByText('Answer complete')).toBeAttached()
        for (const text of [
          conversation.answer.locator('.markdown p'),
          conversation.questions.getByText('light and shade'),
          conversation.connection,
          page.getByRole('navigation', { name: 'Sessions' }).getByRole('link').first(),
        ]) {
          expect(await contrastOf(text)).toBeGreaterThanOrEqual(4.5)
        }
        backgrounds.push((await luminancesOf(conversation.log)).background)
      }
      const [light = 0, dark = 1] = backgrounds
      expect(light).toBeGreaterThan(0.8)
      expect(dark).toBeLessThan(0.1)
    })
  })
}
