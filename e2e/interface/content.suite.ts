import { describe, test } from 'vitest'
import type { Page } from '@playwright/test'
import { shownAnswers } from '../support/browser/answer-record.ts'
import { conversationOn, expect, repeat } from '../support/browser/conversation.ts'
import { importedSession } from '../support/browser/imported-session.ts'
import { visit } from '../support/browser/visit.ts'
import type { World } from '../support/browser/world.ts'

const ARTIFACT = `<!doctype html><p id="said">Written</p><script>
document.getElementById('said').textContent = 'Run at ' + origin
fetch('https://example.org/').catch(() => { document.title = 'no network'; said.dataset.net = 'none' })
try { parent.document.title = 'taken' } catch { said.dataset.parent = 'none' }
try { localStorage.x = 1 } catch { said.dataset.storage = 'none' }
</script>`

const ANSWER = `Math: $e^{i\\pi} + 1 = 0$ costs $5 or $10, and

\\[
\\int_0^1 x^2\\,dx
+ \\frac{1}{2}
\\]

and $\\badcommand{x}$ stays. Said so[^1], see <https://example.org/page>.

\`\`\`ts
// A comment
export const answer: number = 42
\`\`\`

\`\`\`diff
-const old = 1
+const fresh = 2
\`\`\`

\`\`\`mermaid
flowchart LR
  A[Client] --> B{Log}
  B -->|commit| C[(Database)]
  B --> D[Readers]
\`\`\`

\`\`\`mermaid
flowchart LR
  A --
\`\`\`

\`\`\`html
${ARTIFACT}
\`\`\`

| Name | Price |
| --- | --: |
| Tea, green | $2 |
| "Cake" | $3 |

مرحبا بالعالم، هذا نص عربي مع كلمة English في الوسط.

- شاي
- قهوة

> اقتباس

[^1]: The *source* of it.
`

async function highlights(page: Page): Promise<Record<string, string[]>> {
  return page.evaluate(() =>
    Object.fromEntries(
      [...CSS.highlights].map(([name, ranges]) => [
        name,
        [...ranges].map((range) =>
          range.startContainer === range.endContainer
            ? (range.startContainer.nodeValue ?? '').slice(range.startOffset, range.endOffset)
            : '',
        ),
      ]),
    ),
  )
}

/** The drawing of an answer's content. */
export function contentStories(getWorld: () => World): void {
  describe('the content of an answer', () => {
    test('formulas, diagrams, code, footnotes, tables and scripts from right to left are drawn, and an artifact runs without network', async () => {
      const { browser, url } = getWorld()
      const id = await importedSession(url, 'Content', ['Show me', ANSWER])
      // The browser logs each refused request of the artifact.
      await using visitor = await visit(browser, `${url}/s/${id}`, {
        permissions: ['clipboard-read', 'clipboard-write'],
        viewport: { width: 1440, height: 900 },
        tolerates: /Content Security Policy|example\.org|sandboxed|cross-origin/,
      })
      const { page } = visitor
      const { answer } = conversationOn(page)

      await expect(answer.locator('.katex')).toHaveCount(2)
      await expect(answer.locator('.formula-display mfrac')).toBeAttached()
      await expect(answer.getByTitle(/KaTeX parse error/)).toHaveText('$\\badcommand{x}$')
      await expect(answer).toContainText('costs $5 or $10, and')

      await expect
        .poll(async () => (await highlights(page))['code-comment'])
        .toContain('// A comment')
      await expect.poll(async () => (await highlights(page))['code-inserted']).toHaveLength(1)
      expect((await highlights(page))['code-keyword']).toContain('export')

      const diagram = answer.getByRole('figure', { name: 'Diagram' })
      const picture = diagram.locator('img')
      await expect
        .poll(() => picture.evaluate((image: HTMLImageElement) => image.naturalWidth))
        .toBeGreaterThan(100)
      await expect(answer.getByText('This diagram cannot be drawn')).toBeVisible()
      await diagram.getByRole('button', { name: 'Show source' }).click()
      await expect(answer.getByText('B -->|commit|')).toBeVisible()
      await answer.getByRole('button', { name: 'Show diagram' }).click()
      await expect(picture).toBeVisible()

      await answer.getByRole('button', { name: 'Footnote 1', exact: true }).click()
      await expect(answer.getByRole('note').filter({ hasText: 'The source' })).toBeFocused()
      await expect(answer.getByRole('link', { name: 'https://example.org/page' })).toBeVisible()

      const directions = answer
        .locator('p, ul, blockquote')
        .filter({ hasText: /^[\u0600-\u06ff\s]/ })
      for (const element of await directions.all()) {
        await expect(element).toHaveCSS('direction', 'rtl')
      }
      expect(await directions.count()).toBeGreaterThanOrEqual(3)

      await answer.getByRole('table').hover()
      await answer.getByRole('button', { name: 'Copy as CSV' }).click()
      const copied = () => page.evaluate(() => navigator.clipboard.readText())
      await expect.poll(copied).toBe('Name,Price\r\n"Tea, green",$2\r\n"""Cake""",$3')

      await answer.getByRole('button', { name: 'Copy as rich text' }).click()
      const html = () =>
        page.evaluate(async () => {
          const [item] = await navigator.clipboard.read()
          return item?.types.includes('text/html') ? (await item.getType('text/html')).text() : ''
        })
      await expect.poll(html).toContain('<a href="https://example.org/page">')
      expect(await html()).not.toMatch(/<button|<figure|class=|aria-/)
      expect(await html()).toContain('<em>source</em>')
      expect(await html()).toContain('Tea, green</td>')

      await answer.getByRole('button', { name: 'Preview' }).click()
      const panel = page.getByRole('complementary', { name: 'Preview' })
      const said = panel.frameLocator('iframe').locator('#said')
      await expect(said).toHaveText('Run at null')
      await expect(said).toHaveAttribute('data-net', 'none')
      await expect(said).toHaveAttribute('data-parent', 'none')
      await expect(said).toHaveAttribute('data-storage', 'none')
      await panel.getByRole('button', { name: 'Close preview' }).click()
      await expect(panel).toBeHidden()
    })

    test('what streams in is never seen as its source: formulas, tables, code, bold words and links', async () => {
      const { browser, url } = getWorld()
      await using visitor = await visit(browser, url, { records: true })
      const { page } = visitor
      const conversation = conversationOn(page)
      await conversation.send(repeat('One $a$ here.'))
      await expect(conversation.answer.locator('.katex')).toHaveCount(1)
      await expect(page.getByText('Answer complete')).toBeAttached()
      await page.evaluate(() => window.shownAnswers?.splice(0))
      await conversation.send(
        repeat(`First $x$. Then $$y^2$$ and \\(z_1\\) and a price of $5 are said.

| Name | **Price** |
| --- | --: |
| [Tea](https://example.org/tea) | \`2\` |

\`\`\`ts
let a = 1
\`\`\`

All **of it** is [here](https://example.org/here).`),
      )
      await expect(page.getByText('Answer complete')).toBeAttached()
      await expect(conversation.answer.locator('.katex')).toHaveCount(3)
      await expect(conversation.answer).toContainText('a price of $5 are said')
      await expect(conversation.answer.getByRole('table')).toBeVisible()
      await expect(conversation.answer.getByRole('link', { name: 'here' })).toBeVisible()
      const marks = (await shownAnswers(page)).filter((shown) =>
        /\$\$|\\\(|\*\*|`|\||\]\(|-{2}/.test(shown),
      )
      expect(marks).toEqual([])
    })
  })
}
