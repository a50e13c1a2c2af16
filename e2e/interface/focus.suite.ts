import type { Locator } from '@playwright/test'
import { describe, test } from 'vitest'
import { conversationOn, expect } from '../support/browser/conversation.ts'
import { importedSession } from '../support/browser/imported-session.ts'
import { visit } from '../support/browser/visit.ts'
import type { World } from '../support/browser/world.ts'

const top = (log: Locator): Promise<number> => log.evaluate((element) => element.scrollTop)
const isStill = (log: Locator): Promise<boolean> =>
  log.evaluate(async (element) => {
    const [height, top] = [element.scrollHeight, element.scrollTop]
    for (let frames = 0; frames < 6; frames += 1) await new Promise(requestAnimationFrame)
    return element.scrollHeight === height && element.scrollTop === top
  })

/** The order of the keyboard's focus in a conversation of which only a part is drawn. */
export function focusStories(getWorld: () => World): void {
  describe('the focus', () => {
    test('is led by Tab from the conversation to what is in view, and is never lost', async () => {
      const { browser, url } = getWorld()
      const filler = 'Some words of a longer answer. '.repeat(60)
      const texts = Array.from({ length: 240 }, (_, index) =>
        index % 2 === 0
          ? `Question ${index}`
          : `Answer ${index}\n\n${index % 3 === 0 ? filler : ''}`,
      )
      const id = await importedSession(url, 'By keyboard', texts)
      await using visitor = await visit(browser, `${url}/s/${id}`, {
        viewport: { width: 1000, height: 600 },
      })
      const { log } = conversationOn(visitor.page)
      const { keyboard } = visitor.page
      await expect(log.getByText('Answer 239')).toBeInViewport()
      for (const share of [1, 0.6, 0.3]) {
        await log.evaluate(
          (element, part) => element.scrollTo(0, part * element.scrollHeight),
          share,
        )
        await log.focus()
        // Rows are measured where they come into view, and move what is below them.
        await expect.poll(() => isStill(log)).toBe(true)
        const from = await top(log)
        await keyboard.press('Tab')
        const focused = log.locator(':focus')
        await expect(focused).toBeInViewport()
        // Of a long answer the next control may be below.
        expect(await top(log)).toBeGreaterThanOrEqual(from)
        const labels: string[] = []
        for (let times = 0; times < 12 && (await focused.count()) === 1; times += 1) {
          await expect(focused).toBeInViewport()
          labels.push((await focused.getAttribute('aria-label')) ?? '')
          await keyboard.press('Tab')
        }
        // Of the newest message there are fewer.
        expect(labels.length).toBeGreaterThan(5)
        expect(labels).toContain('Regenerate')
        for (let times = 0; times < 5; times += 1) await keyboard.press('Shift+Tab')
        await expect(focused).toBeInViewport()
      }
    })
  })
}
