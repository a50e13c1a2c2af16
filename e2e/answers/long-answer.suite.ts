import { describe, test } from 'vitest'
import { conversationOn, expect, numberedWords, repeat } from '../support/browser/conversation.ts'
import { visit } from '../support/browser/visit.ts'
import type { World } from '../support/browser/world.ts'

/** Paragraphs enough for several screens. */
const LONG = Array.from({ length: 60 }, () => numberedWords(12)).join('\n\n')

export function longAnswerStories(getWorld: () => World): void {
  describe('a long answer', () => {
    test('that is reloaded while it grows leaves out what is not in view, and nothing of it has another height for that', async () => {
      const { browser, url } = getWorld()
      await using visitor = await visit(browser, url)
      const { page } = visitor
      const conversation = conversationOn(page)
      await conversation.send(repeat(LONG))
      await conversation.untilWords(400)
      await page.reload()
      const settled = conversation.answer.locator('.section-settled')
      await expect.poll(() => settled.count()).toBeGreaterThan(2)
      const [left, drawn] = await settled.evaluateAll((sections) => {
        const heights = () => sections.map((section) => section.getBoundingClientRect().height)
        const before = heights()
        for (const section of sections) section.classList.remove('section-settled')
        return [before, heights()]
      })
      expect(left).toEqual(drawn)
      await conversation.stopButton.click()
    })
  })
}
