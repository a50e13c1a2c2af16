import type { Page } from '@playwright/test'
import { describe, test } from 'vitest'
import { conversationOn, expect, numberedWords, repeat } from '../support/browser/conversation.ts'
import { visit } from '../support/browser/visit.ts'
import type { World } from '../support/browser/world.ts'

const TEXT = `First a paragraph with $a^2$ in it.

$$
\\int_0^1 x^2\\,dx + \\frac{1}{2}
$$

\`\`\`mermaid
flowchart TD
  A[Client] --> B{Log}
  B --> C[Database]
  C --> D[Readers]
\`\`\`

\`\`\`mermaid
flowchart TD
  A --
\`\`\`

\`\`\`ts
// A comment
export const answer: number = 42
\`\`\`

| Name | Price |
| --- | --: |
| Tea | $2 |

![A picture](https://example.org/picture.png)

${numberedWords(60)}`

/** The view of a reader does not move. */
export function steadyStories(getWorld: () => World): void {
  describe('what one reads', () => {
    test('stays where it is while formulas, diagrams, code and tables below and above it are written and drawn', async () => {
      const { browser, url } = getWorld()
      await using visitor = await visit(browser, url)
      const { page } = visitor
      const conversation = conversationOn(page)
      await expect(conversation.box).toBeFocused()
      await page.evaluate(watchBlocks)
      await conversation.send(repeat(TEXT))
      await expect(page.getByText('Answer complete')).toBeAttached()
      await expect(conversation.answer.locator('.diagram img')).toHaveCount(1)
      await expect(conversation.answer.getByText('This diagram cannot be drawn')).toBeVisible()
      await expect(conversation.answer.locator('.katex')).toHaveCount(2)
      const { moved, blocks } = await watched(page)
      expect(blocks).toBeGreaterThan(7)
      expect(moved).toEqual([])
    })

    test('is the only thing that moves while an answer is written', async () => {
      const { browser, url } = getWorld()
      await using visitor = await visit(browser, url, { reducedMotion: 'no-preference' })
      const { page } = visitor
      const conversation = conversationOn(page)
      await conversation.send(repeat(numberedWords(2_000)))
      await conversation.untilWords(20)
      await expect.poll(() => page.evaluate(endlessAnimations)).toEqual([])
      await expect(conversation.stopButton).toBeVisible()
      await conversation.stopButton.click()
    })
  })
}

/** Runs in the page: the elements with an animation that never ends. */
function endlessAnimations(): string[] {
  return document.getAnimations().flatMap(({ effect }) => {
    const isEndless = effect?.getComputedTiming().iterations === Number.POSITIVE_INFINITY
    return isEndless && effect instanceof KeyframeEffect ? [effect.target?.className ?? ''] : []
  })
}

type Watched = typeof globalThis & { moved: string[]; blocks: number }

/** Runs in the page: notes each block of the newest answer that is at another height than in the frame before. */
function watchBlocks(): void {
  const page = globalThis as Watched
  page.moved = []
  page.blocks = 0
  const tops = new Map<Element, number>()
  const look = (): void => {
    const answer = [...document.querySelectorAll('article[aria-label="Assistant"]')].at(-1)
    const markdown = answer?.querySelector('.markdown')
    const from = markdown?.getBoundingClientRect().top ?? 0
    for (const block of markdown?.querySelectorAll('.section > *') ?? []) {
      const top = Math.round(block.getBoundingClientRect().top - from)
      const before = tops.get(block)
      if (before !== undefined && Math.abs(before - top) > 1) {
        page.moved.push(`${block.tagName} ${block.className} from ${before} to ${top}`)
      }
      tops.set(block, top)
    }
    page.blocks = tops.size
    requestAnimationFrame(look)
  }
  look()
}

function watched(page: Page): Promise<{ moved: string[]; blocks: number }> {
  return page.evaluate(() => {
    const { moved, blocks } = globalThis as Watched
    return { moved, blocks }
  })
}
