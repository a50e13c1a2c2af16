import { describe, test } from 'vitest'
import { conversationOn, expect, numberedWords, repeat } from '../support/browser/conversation.ts'
import { visit } from '../support/browser/visit.ts'
import type { World } from '../support/browser/world.ts'

/** The title, the icon and notifications, for a person on another page or tab. */
export function attentionStories(getWorld: () => World): void {
  describe('somebody who looks elsewhere', () => {
    test('sees in the title that an answer is under way and done, and is notified of its end once', async () => {
      const { browser, url } = getWorld()
      await using visitor = await visit(browser, `${url}/settings`)
      const { page, context } = visitor
      // A headless browser has no notifications.
      await context.addInitScript(noteNotifications)
      await page.reload()
      await page.getByRole('button', { name: 'Turn on notifications' }).click()
      await expect(page.getByText(/^On: when an answer ends/)).toBeVisible()
      await page.getByRole('button', { name: 'New session' }).click()
      const conversation = conversationOn(page)
      await expect(conversation.box).toBeFocused()
      // Before it is asked, so that the end comes meanwhile however slow this page is.
      await page.evaluate(lookElsewhere)
      await conversation.send(repeat(numberedWords(300)))
      await expect(page).toHaveTitle(/^… /)
      await expect(page).toHaveTitle(/^✓ /)
      const icon = page.locator('link[rel="icon"]')
      await expect(icon).toHaveAttribute('href', /^data:image/)
      // The same person's other sessions go on beside this one.
      const id = new URL(page.url()).pathname.slice('/s/'.length)
      await expect.poll(() => page.evaluate(notified, id)).toEqual(['The answer is there.'])
      await page.evaluate(comeBack)
      await expect(page).not.toHaveTitle(/^✓ /)
      await expect(icon).toHaveAttribute('href', '/icon.svg')
    })
  })
}

type Looked = typeof globalThis & { told: { tag: string; body: string }[]; isAway: boolean }

/** Runs in the page: notes what it notifies of. */
function noteNotifications(): void {
  const page = globalThis as Looked
  page.told = []
  class Noted extends EventTarget {
    static readonly permission = 'granted'
    static requestPermission = async (): Promise<NotificationPermission> => 'granted'
    constructor(_title: string, { body = '', tag = '' }: NotificationOptions = {}) {
      super()
      page.told.push({ tag, body })
    }
  }
  page.Notification = Noted as unknown as typeof Notification
}

/** Runs in the page: hides it. */
function lookElsewhere(): void {
  const page = globalThis as Looked
  page.isAway = true
  Object.defineProperty(document, 'visibilityState', {
    get: () => (page.isAway ? 'hidden' : 'visible'),
  })
  document.dispatchEvent(new Event('visibilitychange'))
}

/** Runs in the page: what it notified of in this session. */
function notified(id: string): string[] {
  const { told } = globalThis as Looked
  return told.flatMap(({ tag, body }) => (tag.startsWith(id) ? [body] : []))
}

function comeBack(): void {
  const page = globalThis as Looked
  page.isAway = false
  document.dispatchEvent(new Event('visibilitychange'))
}
