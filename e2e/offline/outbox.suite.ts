import type { Page } from '@playwright/test'
import { describe, test } from 'vitest'
import { conversationOn, expect, untilAppIsWhole } from '../support/browser/conversation.ts'
import type { Conversation } from '../support/browser/conversation.ts'
import { startTcpProxy } from '../support/faults/tcp-proxy.ts'
import { storedTurns } from '../support/browser/stored-session.ts'
import { CONNECTION_TROUBLE, visit } from '../support/browser/visit.ts'
import type { World } from '../support/browser/world.ts'

const WAITS = 'Waiting for the connection'

/** Messages that are sent while the server cannot be reached. */
export function outboxStories(getWorld: () => World): void {
  describe('a message that waits for the connection', () => {
    test('in a tab that was closed goes out exactly once from another, a first one with its file too (P18)', async () => {
      const { browser, port } = getWorld()
      await using proxy = await startTcpProxy(port)
      await using visitor = await visit(browser, proxy.url, { tolerates: CONNECTION_TROUBLE })
      const { page } = visitor
      const known = conversationOn(page)
      await known.send('Repeat: before')
      await expect(page.getByText('Answer complete')).toBeAttached()
      const knownPath = new URL(page.url()).pathname
      // Both are open before the network goes: a browser cannot load a page without it.
      const [other, watcher] = [await visitor.openTab('/'), await visitor.openTab(knownPath)]
      const fresh = conversationOn(other)
      await expect(fresh.connection).toHaveText('Connected')
      await expect(conversationOn(watcher).connection).toHaveText('Connected')
      await untilAppIsWhole(other)
      await proxy.cut()
      for (const { connection } of [known, fresh]) {
        await expect(connection).toHaveText('Reconnecting')
      }

      await known.send('Repeat: meanwhile')
      await expect(known.questions.last()).toContainText(`Repeat: meanwhile${WAITS}`)
      await other.getByTestId('file-picker').setInputFiles({
        name: 'notes.txt',
        mimeType: 'text/plain',
        buffer: Buffer.from('The quay is in the north.'),
      })
      await fresh.send('What is this?')
      await expect(fresh.questions.last()).toContainText(WAITS)
      await expect(fresh.questions.last()).toContainText('notes.txt')
      const freshPath = new URL(other.url()).pathname
      // Every tab shows it.
      await expect(conversationOn(watcher).questions.last()).toContainText(WAITS)
      await expect(watcher.getByRole('group', { name: 'Not sent yet' })).toContainText('What is')
      await other.close()
      await page.close()

      await proxy.mend()
      await expect(conversationOn(watcher).answer.locator('.markdown')).toHaveText('meanwhile')
      await expect(conversationOn(watcher).stopButton).toBeHidden()
      const said = ['Repeat: before', 'before', 'Repeat: meanwhile', 'meanwhile']
      expect(await storedTurns(watcher)).toEqual(said)
      const again = conversationOn(await visitor.openTab(freshPath))
      await expect(again.answer.locator('.markdown')).toContainText('The quay is in the north')
      await expect(again.questions).toHaveCount(1)
      await expect(watcher.getByRole('group', { name: 'Not sent yet' })).toBeHidden()
    })

    test('is edited and taken back, and survives the loss of everything but the browser (P18)', async () => {
      const { browser, port } = getWorld()
      await using proxy = await startTcpProxy(port)
      await using visitor = await visit(browser, proxy.url, { tolerates: CONNECTION_TROUBLE })
      const { page } = visitor
      const conversation = conversationOn(page)
      await expect(conversation.connection).toHaveText('Connected')
      await untilAppIsWhole(page)
      await proxy.cut()
      await expect(conversation.connection).toHaveText('Reconnecting')
      const { box, questions } = conversation
      const temporary = page.getByRole('button', { name: 'Temporary' })
      await temporary.click()
      await conversation.send('Repeat: one')
      await expect(questions).toContainText(WAITS)
      await conversation.send('Repeat: two')
      await expect(questions).toHaveCount(2)
      await press(questions.first(), 'Edit')
      await expect(box).toHaveValue('Repeat: one')
      await expect(questions).toHaveCount(1)
      await conversation.send('Repeat: three')
      await expect(questions).toHaveCount(2)
      // By its text: while the list scrolls to a new message, those above the view are not drawn for a frame.
      await press(questions.filter({ hasText: 'Repeat: two' }), 'Take back')
      await expect(questions).toHaveCount(1)
      await expect(questions).toContainText('Repeat: three')
      // The last one: there is no session any more, and the text is where it was written.
      await press(questions.first(), 'Edit')
      await expect(page).toHaveURL(`${proxy.url}/`)
      await expect(box).toHaveValue('Repeat: three')
      // It begins as it was to begin.
      await expect(temporary).toHaveAttribute('aria-pressed', 'true')
      await temporary.click()
      await conversation.send('Repeat: four')
      await expect(questions).toContainText(WAITS)
      await proxy.mend()
      await expectAnswered(conversation, ['Repeat: four', 'four'])
      await expectAnswered(conversationOn(await reloaded(page)), ['Repeat: four', 'four'])
    })
    test('is kept as an edit too, through Escape and a reload', async () => {
      const { browser, url } = getWorld()
      await using visitor = await visit(browser, url)
      const { page } = visitor
      const conversation = conversationOn(page)
      await conversation.send('Repeat: before')
      await expect(page.getByText('Answer complete')).toBeAttached()
      await conversation.questions.hover()
      await press(conversation.questions, 'Edit')
      const editor = page.getByRole('textbox', { name: 'Edited text' })
      await editor.fill('Repeat: a long edit')
      await editor.press('Escape')
      await expect(editor).toBeHidden()
      await page.reload()
      await press(conversation.questions, 'Restore your edit')
      await expect(editor).toHaveValue('Repeat: a long edit')
      await page.reload()
      await expect(editor).toHaveValue('Repeat: a long edit')
      await page.getByRole('button', { name: 'Save' }).click()
      await expect(conversation.answer.locator('.markdown')).toHaveText('a long edit')
      await expect(page.getByRole('button', { name: 'Restore your edit' })).toHaveCount(0)
    })
  })
}

async function press(message: Conversation['answer'], name: string): Promise<void> {
  await message.getByRole('button', { name }).click()
}

async function expectAnswered(conversation: Conversation, turns: string[]): Promise<void> {
  await expect(conversation.answer.locator('.markdown')).toHaveText(turns.at(-1) ?? '')
  await expect.poll(conversation.turns).toEqual(turns)
}

async function reloaded(page: Page): Promise<Page> {
  await page.reload()
  return page
}
