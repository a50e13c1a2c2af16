import type { Locator, Page } from '@playwright/test'
import { describe, test } from 'vitest'
import { connect } from '../../shared/client/index.ts'
import { conversationOn, expect } from '../support/browser/conversation.ts'
import { importedSession } from '../support/browser/imported-session.ts'
import { sidewaysOverflow } from '../support/browser/overflow.ts'
import { visit } from '../support/browser/visit.ts'
import type { World } from '../support/browser/world.ts'

/** Words on sessions, to find them by. */
export function tagStories(getWorld: () => World): void {
  describe('a tag', () => {
    test('is given by drag, lists the sessions that have it in every tab, and a project takes them by drag too', async () => {
      const { browser, url } = getWorld()
      const titles = ['Of herons', 'Of egrets', 'Of trains']
      await forgetTry(url, titles, 'Railways')
      for (const title of titles) await importedSession(url, title, ['Hello', 'there'])
      await using visitor = await visit(browser, url)
      const { page } = visitor
      const row = (title: string) => sessionsOn(page).getByRole('link', { name: title })
      const tags = page.getByRole('group', { name: 'Tags' })
      const dialog = page.getByRole('dialog', { name: 'Tags' })
      await expect(row('Of herons')).toBeVisible()
      // The elements above the rows come later, with answers of their own, and would move the rows under the mouse.
      await expect(page.getByRole('button', { name: 'New project' })).toBeVisible()
      await expect(page.getByText('Connected')).toBeVisible()
      await expect(tags).toBeHidden()

      // The first tag: the place for a new one is there while a session is dragged.
      await startDrag(page, row('Of herons'))
      await dropOn(page, tags.getByText('New tag'))
      await dialog.getByRole('textbox', { name: 'New tag' }).fill('Birds')
      await page.keyboard.press('Enter')
      await expect(dialog).toBeHidden()
      const birds = tags.getByRole('button', { name: 'Birds' })
      await expect(birds).toBeVisible()
      await startDrag(page, row('Of egrets'))
      await dropOn(page, birds)
      const other = await visitor.openTab()
      const theirs = other.getByRole('group', { name: 'Tags' }).getByRole('button')
      await theirs.click()
      await expect(theirs).toHaveAttribute('aria-pressed', 'true')
      await expect(rowsOn(other)).toHaveText(['Of egrets', 'Of herons'])
      await page.bringToFront()
      await birds.click()
      await expect(row('Of trains')).toBeHidden()
      await expect(row('Of herons')).toBeVisible()
      await birds.click()
      await expect(row('Of trains')).toBeVisible()

      await page.getByRole('button', { name: 'New project' }).click()
      const project = page.getByRole('dialog', { name: 'New project' })
      await project.getByLabel('Name').fill('Railways')
      await project.getByRole('button', { name: 'Save' }).click()
      const folder = sessionsOn(page).getByRole('link', { name: 'Railways' })
      // In a list that is longer than the window, what is above the sessions stays in reach.
      await expect(folder).toBeVisible()
      await page.setViewportSize({ width: 1280, height: 420 })
      await row('Of trains').evaluate((one) => one.scrollIntoView({ block: 'start' }))
      await expect(folder).not.toBeInViewport()
      await startDrag(page, row('Of trains'))
      await expect(folder).toBeInViewport()
      await expect(tags.getByText('New tag')).toBeInViewport()
      await dropOn(page, folder)
      await folder.click()
      const inIt = page.getByRole('list', { name: 'Sessions of the project' })
      await expect(inIt.getByRole('link', { name: 'Of trains' })).toBeVisible()
    })

    test('is given and taken by keyboard and on a phone, and found by the palette', async () => {
      const { browser, url } = getWorld()
      const id = await importedSession(url, 'Of owls', ['Hello', 'there'])
      await using visitor = await visit(browser, `${url}/s/${id}`)
      const { page } = visitor
      const { keyboard } = page
      const dialog = page.getByRole('dialog', { name: 'Tags' })
      await expect(conversationOn(page).answer).toContainText('there')
      const choose = async (typed: string, option: RegExp) => {
        await keyboard.press('Control+k')
        const palette = page.getByRole('dialog', { name: 'Command palette' })
        await palette.getByRole('combobox').fill(typed)
        await expect(palette.getByRole('option', { name: option })).toHaveAttribute(
          'aria-selected',
          'true',
        )
        await keyboard.press('Enter')
      }
      await choose('tags of', /Tags of this session/)
      await expect(dialog.getByRole('textbox', { name: 'New tag' })).toBeFocused()
      await keyboard.type('Night')
      await dialog.getByRole('button', { name: 'Add', exact: true }).press('Enter')
      await dialog.getByRole('textbox', { name: 'New tag' }).fill('night')
      // The same word in another case is not a second tag.
      await expect(dialog.getByRole('button', { name: 'Add', exact: true })).toBeDisabled()
      await dialog.getByRole('button', { name: 'Save' }).press('Enter')
      await expect(dialog).toBeHidden()
      await choose('tag night', /Sessions with the tag Night/)
      const night = page.getByRole('button', { name: 'Night' })
      await expect(night).toHaveAttribute('aria-pressed', 'true')
      await expect(rowsOn(page)).toHaveText(['Of owls'])
      await night.press('Enter')
      await expect(night).toHaveAttribute('aria-pressed', 'false')

      await page.setViewportSize({ width: 390, height: 844 })
      await page.getByRole('main').getByRole('button', { name: 'Session actions' }).click()
      await page.getByRole('menuitem', { name: 'Tags' }).click()
      expect(await sidewaysOverflow(page)).toEqual([])
      await dialog.getByRole('button', { name: 'Remove the tag Night' }).click()
      await dialog.getByRole('button', { name: 'Save' }).click()
      await expect(dialog).toBeHidden()
      await page.getByRole('button', { name: 'Show sessions' }).click()
      await expect(page.getByRole('dialog', { name: 'Sessions' })).toBeVisible()
      await expect(night).toHaveCount(0)
    })
  })
}

/** Deletes what an earlier try of a story has left: sessions with these titles, and a project. */
async function forgetTry(url: string, titles: readonly string[], project: string): Promise<void> {
  await using client = connect({ url })
  const { items } = await client.api.sessions.list.query({ limit: 100 })
  for (const { id, title } of items) {
    if (title !== null && titles.includes(title)) await client.api.sessions.delete.mutate({ id })
  }
  for (const { id, name } of await client.api.projects.list.query()) {
    if (name === project) await client.api.projects.delete.mutate({ id })
  }
}

function sessionsOn(page: Page): Locator {
  return page.getByRole('navigation', { name: 'Sessions' })
}

function rowsOn(page: Page): Locator {
  return sessionsOn(page).locator('li a[href^="/s/"]')
}

async function startDrag(page: Page, row: Locator): Promise<void> {
  await row.hover()
  await page.mouse.down()
  const box = await row.boundingBox()
  if (!box) throw new Error('there is nothing to drag')
  await page.mouse.move(box.x + box.width / 2 + 12, box.y + box.height / 2 + 6, { steps: 3 })
}

/** The list may still move what is in it, such as when projects are loaded: the pointer follows. */
async function dropOn(page: Page, target: Locator): Promise<void> {
  await expect(async () => {
    const box = await target.boundingBox()
    if (!box) throw new Error('there is no place to drop it')
    await page.mouse.move(box.x + box.width / 2, box.y + box.height / 2, { steps: 3 })
    const isOver = () => target.evaluate((one) => one.closest('[data-over]') !== null)
    await expect.poll(isOver, { timeout: 500 }).toBe(true)
  }).toPass({ timeout: 20_000 })
  await page.mouse.up()
}
