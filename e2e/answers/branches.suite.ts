import { describe, test } from 'vitest'
import { conversationOn, expect, numberedWords, repeat } from '../support/browser/conversation.ts'
import { storedTurns } from '../support/browser/stored-session.ts'
import { visit } from '../support/browser/visit.ts'
import type { World } from '../support/browser/world.ts'

/** Several versions of the same message or answer. */
export function branchStories(getWorld: () => World): void {
  describe('a version', () => {
    test('is made by Regenerate and by Edit, hides no other, and can be gone back to by keyboard', async () => {
      const { browser, url } = getWorld()
      await using visitor = await visit(browser, url)
      const { page } = visitor
      const conversation = conversationOn(page)
      const { answer, questions } = conversation
      const previous = page.getByRole('button', { name: 'Previous version' })
      await conversation.send('Repeat: one')
      await expect(answer.locator('.markdown')).toHaveText('one')
      await expect(conversation.stopButton).toBeHidden()
      await expect(page.getByText('1 / 1')).toHaveCount(0)
      await answer.getByRole('button', { name: 'Regenerate' }).click()
      await expect(answer.getByText('2 / 2')).toBeVisible()
      await expect(conversation.stopButton).toBeHidden()
      await expect(answer.locator('.markdown')).toHaveText('one')
      await expect(conversation.box).toBeFocused()

      await questions.hover()
      await questions.getByRole('button', { name: 'Edit' }).click()
      const editor = page.getByRole('textbox', { name: 'Edited text' })
      await expect(editor).toBeFocused()
      await editor.fill('Repeat: two')
      await page.reload()
      await expect(editor).toHaveValue('Repeat: two')
      await editor.press('Enter')
      await expect(answer.locator('.markdown')).toHaveText('two')
      await expect(questions.getByText('2 / 2')).toBeVisible()
      await expect(conversation.box).toBeFocused()
      await expect(conversation.stopButton).toBeHidden()
      expect(await storedTurns(page)).toEqual(['Repeat: two', 'two'])

      await previous.focus()
      await page.keyboard.press('Enter')
      await expect(questions.getByText('1 / 2')).toBeVisible()
      await expect(answer.getByText('2 / 2')).toBeVisible()
      await expect(questions.getByRole('button', { name: 'Next version' })).toBeFocused()
      expect(await conversation.turns()).toEqual(['Repeat: one', 'one'])
      await page.reload()
      await expect(questions.getByText('1 / 2')).toBeVisible()
    })

    test('is gone on from in a session of its own, and an answer is rated', async () => {
      const { browser, url } = getWorld()
      await using visitor = await visit(browser, url)
      const { page } = visitor
      const conversation = conversationOn(page)
      const { answer } = conversation
      await conversation.send('Repeat: one')
      await expect(answer.locator('.markdown')).toHaveText('one')
      const good = answer.getByRole('button', { name: 'Good answer' })
      const bad = answer.getByRole('button', { name: 'Bad answer' })
      await good.click()
      await expect(good).toHaveAttribute('aria-pressed', 'true')
      await bad.click()
      await expect(bad).toHaveAttribute('aria-pressed', 'true')
      await expect(good).toHaveAttribute('aria-pressed', 'false')
      await page.reload()
      await expect(bad).toHaveAttribute('aria-pressed', 'true')
      await bad.click()
      await expect(bad).toHaveAttribute('aria-pressed', 'false')

      const first = page.url()
      await answer.getByRole('button', { name: 'Fork from here' }).click()
      await expect.poll(() => page.url()).not.toBe(first)
      await expect(page.getByText('This is the fork')).toBeVisible()
      await expect(answer.locator('.markdown')).toHaveText('one')
      await conversation.send('Repeat: three')
      await expect(answer.locator('.markdown')).toHaveText('three')
      expect(await storedTurns(page)).toEqual(['Repeat: one', 'one', 'Repeat: three', 'three'])
      await page.goBack()
      await expect.poll(() => page.url()).toBe(first)
      expect(await storedTurns(page)).toEqual(['Repeat: one', 'one'])
    })

    test('can be left for another while its answer is written, which goes on, and stays in sight when it is stopped', async () => {
      const { browser, url } = getWorld()
      await using visitor = await visit(browser, url)
      const { page } = visitor
      const conversation = conversationOn(page)
      const { answer, box } = conversation
      const previous = answer.getByRole('button', { name: 'Previous version' })
      await conversation.send(repeat(numberedWords(900)))
      await conversation.untilWords(5)
      await page.keyboard.press('Escape')
      await answer.getByRole('button', { name: 'Retry' }).click()
      await expect(answer.getByText('2 / 2')).toBeVisible()
      await conversation.untilWords(5)
      await previous.click()
      await expect(answer.getByText('1 / 2')).toBeVisible()
      await answer.getByRole('button', { name: 'Next version' }).click()
      await expect(answer.getByText('2 / 2')).toBeVisible()
      await conversation.untilWords(40)
      await page.keyboard.press('Escape')
      await expect(answer.getByText('Stopped', { exact: true })).toBeVisible()
      await expect(answer.getByText('2 / 2')).toBeVisible()
      await previous.click()
      await expect(answer.getByText('1 / 2')).toBeVisible()

      await box.focus()
      await page.keyboard.press('ArrowUp')
      const editor = page.getByRole('textbox', { name: 'Edited text' })
      await expect(editor).toBeFocused()
      await expect(editor).toHaveValue(repeat(numberedWords(900)))
      await page.keyboard.press('Escape')
      await expect(editor).toBeHidden()
      await expect(box).toBeFocused()
      await box.fill('not empty')
      await box.press('ArrowUp')
      await expect(editor).toBeHidden()
    })
  })
}
