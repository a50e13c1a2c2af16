import { describe, test } from 'vitest'
import { clean } from '../support/browser/axe.ts'
import { conversationOn, expect } from '../support/browser/conversation.ts'
import { visit } from '../support/browser/visit.ts'
import type { World } from '../support/browser/world.ts'

/** WCAG 2.2 AA, as far as tools can check it. */
export function accessibilityStories(getWorld: () => World): void {
  describe('accessibility', () => {
    test('has no fault that axe finds, on any page, in either theme, on a desk and on a phone', async () => {
      const { browser, url } = getWorld()
      await using visitor = await visit(browser, url, { reducedMotion: 'reduce' })
      const { page } = visitor
      const conversation = conversationOn(page)
      const phone = { width: 390, height: 844 }
      const desk = { width: 1280, height: 800 }
      await clean(page, 'new session')
      await conversation.send('Show my user profile')
      await expect(page.getByText('Answer complete')).toBeAttached()
      await conversation.send('Show me a table and some code in Markdown')
      await expect(conversation.answers).toHaveCount(2)
      await expect(conversation.stopButton).toBeHidden()
      await conversation.answer.getByRole('button', { name: 'Regenerate' }).click()
      await expect(conversation.answer.getByText('2 / 2')).toBeVisible()
      await expect(conversation.stopButton).toBeHidden()
      await clean(page, 'session')
      await page.getByRole('main').getByRole('button', { name: 'Session actions' }).click()
      await expect(page.getByRole('menuitem', { name: 'Share' })).toBeVisible()
      await clean(page, 'menu')
      await page.getByRole('menuitem', { name: 'Share' }).click()
      const share = page.getByRole('dialog', { name: 'Share session' })
      await share.getByRole('button', { name: 'Create link' }).click()
      const link = share.getByRole('listitem').first().getByRole('link')
      await clean(page, 'share dialog')
      const address = (await link.getAttribute('href')) ?? ''
      await share.getByRole('button', { name: 'Close' }).click()
      await page.keyboard.press('Control+k')
      await expect(page.getByRole('option').first()).toBeVisible()
      await clean(page, 'palette')
      await page.keyboard.press('Escape')

      await page.setViewportSize(phone)
      await page.getByRole('button', { name: 'Show sessions' }).click()
      await page.getByRole('searchbox').fill('profile')
      await expect(page.locator('mark').first()).toBeVisible()
      await clean(page, 'search')
      await page.getByRole('searchbox').fill('')
      await page.getByRole('button', { name: 'New project' }).click()
      const project = page.getByRole('dialog', { name: 'New project' })
      await clean(page, 'project dialog')
      await project.getByLabel('Name').fill('Quays')
      await project.getByRole('button', { name: 'Save' }).click()
      await expect(page.getByRole('region', { name: 'About the project' })).toBeVisible()
      // Nothing stands over it.
      await expect(page.getByRole('dialog')).toHaveCount(0)
      await page.reload()
      await expect(page.getByRole('region', { name: 'About the project' })).toBeVisible()
      await clean(page, 'project on a phone')
      for (const [path, sign] of [
        ['/usage', page.getByRole('table')],
        ['/settings', page.getByRole('list', { name: 'Tools' }).getByRole('listitem').first()],
        [address, page.getByRole('region', { name: 'Conversation' })],
      ] as const) {
        await page.setViewportSize(phone)
        await page.goto(new URL(path, url).href)
        await expect(sign).toBeVisible()
        await clean(page, `${path} on a phone`)
        await page.setViewportSize(desk)
        await clean(page, path)
      }
      await page.goto(`${url}/no/such/page`)
      await expect(page.getByText('There is no page')).toBeVisible()
      await page.keyboard.press('?')
      await expect(page.getByRole('dialog', { name: 'Keyboard shortcuts' })).toBeVisible()
      await clean(page, 'shortcuts')
    })
  })
}
