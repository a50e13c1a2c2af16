import type { Page } from '@playwright/test'
import { describe, test } from 'vitest'
import { conversationOn, expect } from '../support/browser/conversation.ts'
import { visit } from '../support/browser/visit.ts'
import type { World } from '../support/browser/world.ts'

/** The list of sessions, and the state that the browser keeps for each. */
export function sessionStories(getWorld: () => World): void {
  describe('the sessions', () => {
    test('keep an edit of a message when another tab deletes them', async () => {
      const { browser, url } = getWorld()
      await using visitor = await visit(browser, url)
      const { page } = visitor
      const other = await visitor.openTab()
      await conversationOn(page).send('Repeat: about tapirs')
      await expect(page.getByText('Answer complete')).toBeAttached()
      await listOn(other).link('Repeat: about tapirs').click()
      await other.bringToFront()
      await other
        .getByRole('article', { name: 'You' })
        .getByRole('button', { name: 'Edit' })
        .click()
      await other.keyboard.type(' and their noses')

      await listOn(page).choose('Repeat: about tapirs', 'Delete')
      const remove = page.getByRole('dialog', { name: 'Delete session' })
      await remove.getByRole('button', { name: 'Delete' }).click()
      const left = other.getByRole('region', { name: 'Not sent yet' })
      await expect(left).toContainText('Repeat: about tapirs and their noses')
      await other.bringToFront()
      await left.getByRole('button', { name: 'Move it to a new session' }).click()
      await expect(conversationOn(other).box).toHaveValue('Repeat: about tapirs and their noses')
    })

    test('are created, renamed, found and deleted, and another tab sees it live', async () => {
      const { browser, url } = getWorld()
      await using visitor = await visit(browser, url)
      const { page } = visitor
      const conversation = conversationOn(page)
      const other = await visitor.openTab()
      const [mine, theirs] = [listOn(page), listOn(other)]

      await conversation.send('Repeat: about zebras')
      await expect(page.getByText('Answer complete')).toBeAttached()
      await expect(theirs.link('Repeat: about zebras')).toBeVisible()
      await mine.newSession.click()
      await expect(page).toHaveURL(/\/$/)
      await conversation.send('Repeat: about okapis')
      await expect(page.getByText('Answer complete')).toBeAttached()
      await expect(theirs.list.getByRole('link').first()).toHaveText('Repeat: about okapis')

      await mine.choose('Repeat: about zebras', 'Rename')
      const rename = page.getByRole('dialog', { name: 'Rename session' })
      await rename.getByRole('textbox', { name: 'Title' }).fill('Stripes')
      await rename.getByRole('textbox', { name: 'Title' }).press('Enter')
      await expect(rename).toBeHidden()
      await expect(mine.link('Stripes')).toBeVisible()
      await expect(theirs.link('Stripes')).toBeVisible()

      await theirs.search.fill('zebra')
      await expect(theirs.list.locator('mark')).toHaveText(['zebra', 'zebra'])
      await expect(theirs.link('Repeat: about okapis')).toHaveCount(0)
      await theirs.link('Stripes').click()
      await expect(conversationOn(other).answer.locator('.markdown')).toHaveText('about zebras')
      await theirs.search.fill('no such thing')
      await expect(theirs.list.getByText('Nothing found for “no such thing”.')).toBeVisible()
      await theirs.search.fill('')
      await conversationOn(other).box.fill('half a thought of zebras')

      await mine.choose('Stripes', 'Delete')
      const remove = page.getByRole('dialog', { name: 'Delete session' })
      await remove.getByRole('button', { name: 'Delete' }).click()
      await expect(mine.link('Stripes')).toHaveCount(0)
      await expect(theirs.link('Stripes')).toHaveCount(0)
      await expect(
        other.getByText('This session does not exist, or it has been deleted.'),
      ).toBeVisible()
      await expect(mine.link('Repeat: about okapis')).toBeVisible()
      // The draft of a deleted session is still there.
      const left = other.getByRole('region', { name: 'Not sent yet' })
      await expect(left).toContainText('half a thought of zebras')
      await left.getByRole('button', { name: 'Move it to a new session' }).click()
      await expect(other).toHaveURL(/\/$/)
      await expect(conversationOn(other).box).toHaveValue('half a thought of zebras')
    })

    test('each keep what is typed and not sent, through a reload', async () => {
      const { browser, url } = getWorld()
      await using visitor = await visit(browser, url)
      const { page } = visitor
      const conversation = conversationOn(page)
      const list = listOn(page)
      await conversation.send('Repeat: with a draft')
      await expect(page.getByText('Answer complete')).toBeAttached()
      await conversation.box.fill('half a thought')
      await page.reload()
      await expect(conversation.box).toHaveValue('half a thought')
      await list.newSession.click()
      await expect(conversation.box).toHaveValue('')
      await conversation.box.fill('another')
      await list.link('Repeat: with a draft').first().click()
      await expect(conversation.box).toHaveValue('half a thought')
      await conversation.box.press('Enter')
      await expect(conversation.box).toHaveValue('')
      await expect(conversation.questions.last()).toContainText('half a thought')
      await page.reload()
      await expect(conversation.questions.last()).toContainText('half a thought')
      await expect(conversation.box).toHaveValue('')
    })
  })
}

function listOn(page: Page) {
  const list = page.getByRole('navigation', { name: 'Sessions' })
  return {
    list,
    newSession: list.getByRole('button', { name: 'New session' }),
    search: list.getByRole('searchbox', { name: 'Search sessions' }),
    link: (title: string) => list.getByRole('link', { name: title, exact: true }),
    async choose(title: string, action: string) {
      // A background tab renders once a second, and Playwright clicks only elements that do not move.
      await page.bringToFront()
      const row = list.getByRole('listitem').filter({ hasText: title })
      await row.hover()
      await row.getByRole('button', { name: 'Session actions' }).click()
      await page.getByRole('menuitem', { name: action }).click()
    },
  }
}
