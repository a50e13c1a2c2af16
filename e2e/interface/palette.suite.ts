import { describe, test } from 'vitest'
import { connect } from '../../shared/client/index.ts'
import { conversationOn, expect, numberedWords, repeat } from '../support/browser/conversation.ts'
import { importedSession } from '../support/browser/imported-session.ts'
import { CONNECTION_TROUBLE, visit } from '../support/browser/visit.ts'
import type { World } from '../support/browser/world.ts'

/** The command palette: what it does beside leading to pages. */
export function paletteStories(getWorld: () => World): void {
  describe('the palette', () => {
    test('that is not loaded yet says so without a network, and does not come up later', async () => {
      const { browser, url } = getWorld()
      await using visitor = await visit(browser, url, { tolerates: CONNECTION_TROUBLE })
      const { page, context } = visitor
      const { box, connection } = conversationOn(page)
      const palette = page.getByRole('dialog', { name: 'Command palette' })
      await expect(connection).toHaveText('Connected')
      await page.waitForFunction(() =>
        performance.getEntriesByType('resource').some(({ name }) => name.includes('notice-view')),
      )
      await context.setOffline(true)
      await box.press('Control+k')
      await expect(page.getByText('This part of the app is not loaded')).toBeVisible()
      const loaded = page.waitForResponse((response) => response.url().includes('/palette'))
      await context.setOffline(false)
      await expect(connection).toHaveText('Connected')
      // Long enough for what would be tried again when the network is back.
      await Promise.race([loaded, page.waitForTimeout(3_000)])
      await expect(palette).toBeHidden()
      await box.press('Control+k')
      await expect(palette).toBeVisible()
    })

    test('forks what was said so far while a message waits for its turn', async () => {
      const { browser, url } = getWorld()
      await using visitor = await visit(browser, url)
      const { page } = visitor
      const conversation = conversationOn(page)
      await conversation.send(repeat(numberedWords(400)))
      await conversation.untilWords(5)
      await conversation.send('Then this')
      await expect(conversation.questions.getByText('Queued: answered next')).toBeVisible()
      const before = page.url()
      await page.keyboard.press('Control+k')
      const palette = page.getByRole('dialog', { name: 'Command palette' })
      await palette.getByRole('combobox').fill('Fork this session')
      await palette.getByRole('option', { name: 'Fork this session' }).click()
      await expect(page.getByText('This is the fork')).toBeVisible()
      await expect(page).not.toHaveURL(before)
      await expect(conversation.answer).toContainText('word1 word2')
    })

    test('offers no fork of a session without a message', async () => {
      const { browser, url } = getWorld()
      await using client = connect({ url })
      const { id } = await client.api.sessions.create.mutate({ title: 'Without a message' })
      await using visitor = await visit(browser, `${url}/s/${id}`)
      const { page } = visitor
      await expect(conversationOn(page).connection).toHaveText('Connected')
      await page.keyboard.press('Control+k')
      const palette = page.getByRole('dialog', { name: 'Command palette' })
      await palette.getByRole('combobox').fill('this session')
      await expect(palette.getByRole('option', { name: 'Share this session' })).toBeVisible()
      await expect(palette.getByRole('option', { name: 'Fork this session' })).toBeHidden()
    })

    test('makes a project, a temporary session and a fork, and an archived session can be taken back', async () => {
      const { browser, url } = getWorld()
      const id = await importedSession(url, 'To be forked', ['Whereto?', 'This way.'])
      await using visitor = await visit(browser, `${url}/s/${id}`)
      const { page } = visitor
      const conversation = conversationOn(page)
      const palette = page.getByRole('dialog', { name: 'Command palette' })
      const choose = async (typed: string) => {
        await page.keyboard.press('Control+k')
        await palette.getByRole('combobox').fill(typed)
        await palette.getByRole('option', { name: typed, exact: true }).click()
        await expect(palette).toBeHidden()
      }
      await expect(conversation.answer).toContainText('This way.')
      await choose('Fork this session')
      await expect(page.getByText('This is the fork')).toBeVisible()
      await expect(page).not.toHaveURL(new RegExp(id))
      await expect(conversation.answer).toContainText('This way.')

      await page.goto(`${url}/s/${id}`)
      // The fork has the same title.
      const own = page.locator(`a[href="/s/${id}"]`)
      await expect(own).toHaveAttribute('aria-current', 'page')
      await page.clock.install()
      await choose('Archive this session')
      await expect(own).toHaveCount(0)
      const undo = page.getByRole('button', { name: 'Undo' })
      // Longer than a notice is shown that nobody is about to use.
      await undo.hover()
      await page.clock.runFor(20_000)
      await undo.focus()
      await page.mouse.move(0, 0)
      await page.clock.runFor(20_000)
      await undo.click()
      await expect(own).toHaveCount(1)
      await expect(undo).toBeHidden()

      await choose('New project')
      const project = page.getByRole('dialog', { name: 'New project' })
      await project.getByLabel('Name').fill('From the palette')
      await project.getByRole('button', { name: 'Save' }).click()
      await expect(page.getByRole('heading', { name: 'From the palette' })).toBeVisible()
      await choose('New temporary session')
      await expect(page.getByRole('button', { name: 'Temporary' })).toHaveAttribute(
        'aria-pressed',
        'true',
      )
      await expect(conversation.box).toBeFocused()
    })
  })
}
