import { describe, test } from 'vitest'
import { conversationOn, expect } from '../support/browser/conversation.ts'
import { importedSession } from '../support/browser/imported-session.ts'
import { visit } from '../support/browser/visit.ts'
import type { World } from '../support/browser/world.ts'

/** The controls beside the message box, and finding words in a session. */
export function composerStories(getWorld: () => World): void {
  describe('the message box', () => {
    test('takes a paste of 5 MB as a file beside it instead of as its text, and it goes out with the message', async () => {
      const { browser, url } = getWorld()
      await using visitor = await visit(browser, url)
      const { page } = visitor
      const { box, sendButton, questions } = conversationOn(page)
      await box.focus()
      // The page would stand still while its text is laid out in the box.
      const isInserted = await page.evaluate(() => {
        const clipboardData = new DataTransfer()
        clipboardData.setData('text/plain', 'word '.repeat(1_000_000))
        return document.activeElement?.dispatchEvent(
          new ClipboardEvent('paste', { clipboardData, bubbles: true, cancelable: true }),
        )
      })
      expect(isInserted).toBe(false)
      await expect(page.getByText('Pasted text.txt')).toBeVisible()
      await expect(box).toHaveValue('')
      await box.fill('What is in it?')
      await sendButton.click()
      await expect(questions.getByText('Pasted text.txt')).toBeVisible()
    })

    test('puts in prompts by a slash and the beginning of their name, also one’s own', async () => {
      const { browser, url } = getWorld()
      await using visitor = await visit(browser, url)
      const { page } = visitor
      const { box, questions } = conversationOn(page)
      await box.pressSequentially('/sum')
      await expect(page.getByRole('option', { name: '/summarise' })).toBeVisible()
      await box.press('Enter')
      await expect(box).toHaveValue(/^Summarise our conversation/)
      await expect(questions).toHaveCount(0)

      await box.fill('/')
      await page.getByRole('button', { name: 'Your prompts…' }).click()
      const dialog = page.getByRole('dialog', { name: 'Your prompts' })
      await dialog.getByRole('textbox', { name: 'Name' }).fill('Tides')
      await dialog.getByRole('textbox', { name: 'Text' }).fill('When is high water at ')
      await dialog.getByRole('button', { name: 'Keep' }).click()
      await dialog.getByRole('button', { name: 'Done' }).click()
      await page.reload()
      await box.fill('/ti')
      await page.getByRole('option', { name: '/tides' }).click()
      await expect(box).toHaveValue('When is high water at ')
    })

    test('leaves room for its prompts in a low window, and what cannot be read aloud moves no button', async () => {
      const { browser, url } = getWorld()
      const id = await importedSession(url, 'Low', ['A question', 'An answer'])
      await using visitor = await visit(browser, `${url}/s/${id}`, {
        viewport: { width: 640, height: 400 },
      })
      const { page } = visitor
      const { box, sendButton, answer } = conversationOn(page)
      await box.fill('/')
      await expect(page.getByRole('option').first()).toBeInViewport({ ratio: 1 })
      await expect(page.getByRole('option').last()).toBeAttached()
      await expect(page.getByRole('button', { name: 'Model' })).toBeInViewport({ ratio: 1 })
      await expect(sendButton).toBeInViewport({ ratio: 1 })
      await box.fill('')
      // This browser has no voice.
      const regenerate = answer.getByRole('button', { name: 'Regenerate' })
      const before = await regenerate.boundingBox()
      await answer.getByRole('button', { name: 'Read aloud' }).click()
      await expect(answer.getByText('This browser has no voice to read with.')).toBeVisible()
      expect(await regenerate.boundingBox()).toEqual(before)
    })

    test('shows the model and lists what there is', async () => {
      const { browser, url } = getWorld()
      await using visitor = await visit(browser, url)
      const { page } = visitor
      await page.getByRole('button', { name: 'Model', exact: true }).click()
      const picker = page.getByRole('dialog', { name: 'Choose a model' })
      const search = picker.getByRole('combobox', { name: 'Search models' })
      await expect(search).toBeFocused()
      await expect(picker.getByRole('option')).toContainText(['demo'])
      await search.fill('no such model')
      await expect(picker.getByText('No model has this name.')).toBeVisible()
      await search.press('Escape')
      await expect(picker).toBeHidden()
    })
  })

  describe('finding in a session', () => {
    test('Ctrl F counts and jumps, also to what is not in the page yet', async () => {
      const { browser, url } = getWorld()
      const texts = Array.from({ length: 180 }, (_, index) =>
        index % 60 === 0 ? `A needle is in number ${index}` : `Only hay is in number ${index}`,
      )
      const id = await importedSession(url, 'Haystack', texts)
      await using visitor = await visit(browser, `${url}/s/${id}`)
      const { page } = visitor
      const { log } = conversationOn(page)
      await expect(log.getByText('number 179')).toBeVisible()
      await page.keyboard.press('ControlOrMeta+f')
      const words = page.getByRole('searchbox', { name: 'Find in this session' })
      await expect(words).toBeFocused()
      await words.fill('NEEDLE')
      await expect(page.getByText('1 of 3')).toBeVisible()
      await expect(log.getByText('number 0', { exact: false }).first()).toBeInViewport()
      await words.press('Enter')
      await expect(page.getByText('2 of 3')).toBeVisible()
      await expect(log.getByText('in number 60')).toBeInViewport()
      const marked = () =>
        page.evaluate(() => [...(CSS.highlights.get('found-now') ?? [])].map(String))
      await expect.poll(marked).toEqual(['needle'])
      await words.press('Shift+Enter')
      await words.press('Shift+Enter')
      await expect(page.getByText('3 of 3')).toBeVisible()
      await expect(log.getByText('in number 120')).toBeInViewport()
      // A place that is not drawn is waited for, unless the reader goes elsewhere meanwhile.
      await log.evaluate((element) => {
        const find = element.querySelector.bind(element)
        element.querySelector = (selector: string) =>
          selector.startsWith('[data-message') ? null : find(selector)
      })
      await words.press('Enter')
      await expect(page.getByText('1 of 3')).toBeVisible()
      await expect.poll(() => log.evaluate(({ scrollTop }) => scrollTop)).toBeLessThan(400)
      const wheeled = await log.evaluate(async (element) => {
        element.dispatchEvent(new WheelEvent('wheel', { deltaY: 300 }))
        element.scrollTop = 900
        for (let frame = 0; frame < 5; frame += 1) {
          await new Promise(requestAnimationFrame)
        }
        return element.scrollTop
      })
      expect(wheeled).toBeGreaterThan(800)
      await words.press('Escape')
      await expect(words).toBeHidden()
      expect(await marked()).toEqual([])
    })
  })
}
