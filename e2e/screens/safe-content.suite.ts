import { describe, test } from 'vitest'
import { talkFile } from '../../server/sessions/testing/talk-file.ts'
import { conversationOn, expect } from '../support/browser/conversation.ts'
import { importedSession } from '../support/browser/imported-session.ts'
import { visit } from '../support/browser/visit.ts'
import type { World } from '../support/browser/world.ts'

const COLUMNS = Array.from({ length: 20 }, (_, index) => `Column ${index}`)
const ANSWER = `A <b onclick="alert(1)">bold</b> <script>alert(2)</script> claim, [a page](https://example.org/x "Title"),
[a trap](javascript:alert(3)) and ![a picture](https://example.org/picture.png).

| ${COLUMNS.join(' | ')} |
| ${COLUMNS.map(() => '---').join(' | ')} |
| ${COLUMNS.join(' | ')} |

The **end**.`

/** Answers must not load, run or break anything on the page. */
export function safeContentStories(getWorld: () => World): void {
  describe('an answer', () => {
    test('loads and runs nothing by itself, opens links safely, keeps wide tables in, and is copied as Markdown', async () => {
      const { browser, url } = getWorld()
      const id = await importedSession(url, 'Unsafe', ['Show me', ANSWER])
      // The visit fails when a page asks another origin.
      await using visitor = await visit(browser, `${url}/s/${id}`, {
        permissions: ['clipboard-read', 'clipboard-write'],
      })
      const { page } = visitor
      const { answer, log } = conversationOn(page)
      await expect(answer).toContainText(
        'A <b onclick="alert(1)">bold</b> <script>alert(2)</script> claim',
      )
      await expect(answer.locator('b, script, img')).toHaveCount(0)
      const link = answer.getByRole('link', { name: 'a page' })
      await expect(link).toHaveAttribute('target', '_blank')
      await expect(link).toHaveAttribute('rel', /noopener/)
      await expect(answer.getByRole('link', { name: 'a trap' })).toHaveCount(0)
      await expect(answer.getByRole('link', { name: 'a picture' })).toBeVisible()

      const table = answer.getByRole('group', { name: 'Table' })
      const widths = (of: typeof table) => of.evaluate((one) => [one.scrollWidth, one.clientWidth])
      const [inner = 0, outer = 0] = await widths(table)
      expect(inner).toBeGreaterThan(outer)
      const scrolled = await table.evaluate((one) => {
        one.scrollLeft = 50
        return Math.abs(one.scrollLeft)
      })
      expect(scrolled).toBe(50)
      const [all, shown] = await widths(log)
      expect(all).toBe(shown)

      await answer.getByRole('button', { name: 'Copy', exact: true }).click()
      await expect.poll(() => page.evaluate(() => navigator.clipboard.readText())).toBe(ANSWER)
    })
  })

  describe('an answer of long ago', () => {
    test('that was interrupted says so, and nothing of it goes on turning', async () => {
      const { browser, url } = getWorld()
      const file = talkFile('Interrupted', ['Hello', 'Half of what was meant'])
      const [, answered] = file.sessions[0]?.messages ?? []
      if (answered?.role === 'assistant') answered.status = 'interrupted'
      const response = await fetch(`${url}/api/session/import`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ data: file }),
      })
      const { sessions } = (await response.json()) as { sessions: { id: string }[] }
      await using visitor = await visit(browser, `${url}/s/${sessions[0]?.id}`)
      const { answer, stopButton } = conversationOn(visitor.page)
      await expect(answer).toContainText('Half of what was meant')
      await expect(answer.getByText(/interrupted/i)).toBeVisible()
      await expect(answer.getByRole('button', { name: 'Continue' })).toBeVisible()
      await expect(stopButton).toHaveCount(0)
      await expect(answer.locator('.knot-live')).toHaveCount(0)
    })
  })

  describe('a new session', () => {
    test('shows what it can do, says which model answers, and begins at a press; its title is not taken from whoever gave it one', async () => {
      const { browser, url } = getWorld()
      await using visitor = await visit(browser, url)
      const { page } = visitor
      const { answer, stopButton, send } = conversationOn(page)
      await expect(page.getByText('The built-in demo model answers here.')).toBeVisible()
      await page.getByRole('button', { name: 'How long has the server been up?' }).click()
      await expect(answer.getByRole('group', { name: 'Tool get_system_metrics' })).toContainText(
        'Done',
      )
      await page.getByRole('main').getByRole('button', { name: 'Session actions' }).click()
      await page.getByRole('menuitem', { name: 'Rename' }).click()
      await page.getByRole('textbox', { name: 'Title' }).fill('Mine')
      await page.keyboard.press('Enter')
      await expect(page.locator('main h1')).toHaveText('Mine')
      await expect(stopButton).toBeHidden()
      await page.reload()
      await expect(page.locator('main h1')).toHaveText('Mine')

      await send('Show my user profile')
      const profile = answer.getByRole('group', { name: 'Tool fetch_user_profile' })
      await expect(profile.getByText('Local owner', { exact: true })).toBeVisible()
      await expect(profile.getByText(/^free$/i)).toBeVisible()
      await expect(profile).toContainText(/Done\s*[\d.,]+ m?s/)
      // What it answered is there to be read, and folded until then.
      await expect(profile.locator('pre').last()).toBeHidden()
      await profile.locator('summary').last().click()
      await expect(profile.locator('pre').last()).toContainText('"name": "Local owner"')
    })
  })
}
