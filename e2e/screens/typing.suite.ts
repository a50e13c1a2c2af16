import { describe, test } from 'vitest'
import { conversationOn, expect, numberedWords, repeat } from '../support/browser/conversation.ts'
import { importedSession } from '../support/browser/imported-session.ts'
import { startTcpProxy } from '../support/faults/tcp-proxy.ts'
import { storedTurns } from '../support/browser/stored-session.ts'
import { CONNECTION_TROUBLE, visit } from '../support/browser/visit.ts'
import type { World } from '../support/browser/world.ts'

/** Typing, sending and queueing a text. */
export function typingStories(getWorld: () => World): void {
  describe('what is typed', () => {
    test('grows the box to a limit, survives a composition’s Enter, and stays whole while an answer streams', async () => {
      const { browser, url } = getWorld()
      await using visitor = await visit(browser, url)
      const { page, context } = visitor
      const { keyboard } = page
      const conversation = conversationOn(page)
      const { box, questions } = conversation
      await expect(box).toBeFocused()
      const heights = () => box.evaluate((one) => [one.clientHeight, one.scrollHeight])
      const [small = 0] = await heights()
      await box.fill('line\n'.repeat(5))
      const [grown = 0, whole] = await heights()
      expect(grown).toBeGreaterThan(small)
      expect(whole).toBe(grown)
      await box.fill('line\n'.repeat(100))
      const [limit = 0, all = 0] = await heights()
      expect(limit).toBeLessThanOrEqual(0.4 * 720)
      expect(all).toBeGreaterThan(limit)

      await box.fill('')
      const cdp = await context.newCDPSession(page)
      await cdp.send('Input.imeSetComposition', {
        text: 'にほん',
        selectionStart: 3,
        selectionEnd: 3,
      })
      await box.dispatchEvent('keydown', { key: 'Enter', isComposing: true, bubbles: true })
      await cdp.send('Input.insertText', { text: '日本' })
      await expect(box).toHaveValue('日本')
      await expect(questions).toHaveCount(0)

      await conversation.send(repeat(numberedWords(1_500)))
      await conversation.untilWords(5)
      const typed = 'a thought of mine'
      await keyboard.type(typed)
      await expect(conversation.stopButton).toBeVisible()
      await expect(box).toHaveValue(typed)

      // Queued messages can be changed and removed.
      await keyboard.press('Enter')
      await conversation.send('Repeat: not this')
      await conversation.send('Repeat: this')
      const waiting = (text: string) => questions.filter({ hasText: text })
      await waiting('not this').hover()
      await waiting('not this').getByRole('button', { name: 'Remove' }).click()
      await expect(waiting('not this')).toHaveCount(0)
      await waiting('a thought').hover()
      await waiting('a thought').getByRole('button', { name: 'Edit' }).click()
      const editor = page.getByRole('textbox', { name: 'Edited text' })
      await editor.fill('Repeat: that')
      await editor.press('Enter')
      await expect(editor).toBeHidden()
      await conversation.stopButton.click()
      await expect(conversation.answer.locator('.markdown')).toHaveText('this')
      await expect(conversation.stopButton).toBeHidden()
      expect((await storedTurns(page)).slice(2)).toEqual([
        'Repeat: that',
        'that',
        'Repeat: this',
        'this',
      ])
    })

    test('is given back when it could not be sent', async () => {
      const { browser, url, port } = getWorld()
      const id = await importedSession(url, 'To be deleted', ['Hello', 'there'])
      await using proxy = await startTcpProxy(port)
      await using visitor = await visit(browser, `${proxy.url}/s/${id}`, {
        tolerates: CONNECTION_TROUBLE,
      })
      const { page } = visitor
      const conversation = conversationOn(page)
      await expect(conversation.answer).toContainText('there')
      await proxy.cut()
      await expect(conversation.connection).toHaveText('Reconnecting')
      await conversation.send('Repeat: too late')
      await expect(conversation.questions.last()).toContainText('Waiting for the connection')
      await fetch(`${url}/api/session/${id}`, { method: 'DELETE' })
      await proxy.mend()
      await expect(page.getByRole('region', { name: 'Not sent yet' })).toContainText('too late')
    })

    test('on a phone needs no zoom and no keyboard that was not asked for', async () => {
      const { browser, url } = getWorld()
      const id = await importedSession(url, 'On a phone', ['Hello', 'there'])
      const viewport = { width: 360, height: 640 }
      const phone = { viewport, hasTouch: true, isMobile: true, deviceScaleFactor: 2 }
      await using visitor = await visit(browser, `${url}/s/${id}`, phone)
      const { page } = visitor
      const { answer, box } = conversationOn(page)
      await expect(answer).toContainText('there')
      await expect(box).not.toBeFocused()
      for (const path of [`/s/${id}`, '/', '/settings']) {
        await page.goto(url + path)
        await expect(page.locator('main h1')).toBeVisible()
        const sizes = await page
          .locator('input:visible, textarea:visible, select:visible')
          .evaluateAll((fields) =>
            fields.flatMap((field) => {
              const isWritten = !/radio|checkbox|file/.test(field.getAttribute('type') ?? '')
              return isWritten ? [Number.parseFloat(getComputedStyle(field).fontSize)] : []
            }),
          )
        // Browsers of phones zoom to smaller ones.
        expect(
          sizes.every((size) => size >= 16),
          `${path}: ${sizes.join()}`,
        ).toBe(true)
      }
    })
  })
}
