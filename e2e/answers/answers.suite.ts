import { describe, test } from 'vitest'
import { shownAnswers } from '../support/browser/answer-record.ts'
import {
  conversationOn,
  expect,
  numberedWords,
  repeat,
  withoutMarkup,
} from '../support/browser/conversation.ts'
import { storedAnswer, storedTurns } from '../support/browser/stored-session.ts'
import { CONNECTION_TROUBLE, visit } from '../support/browser/visit.ts'
import type { World } from '../support/browser/world.ts'

/** Sending a message, getting an answer, and leaving in between. */
export function answerStories(getWorld: () => World): void {
  describe('an answer', () => {
    test('about the system shows a tool card with real figures, streams, and is what the server stored (P5)', async () => {
      const { browser, url } = getWorld()
      await using visitor = await visit(browser, url, { records: true })
      const { page } = visitor
      const conversation = conversationOn(page)
      await conversation.send('What are the system metrics?')
      await expect(page).toHaveURL(/\/s\/[0-9a-f-]{36}$/)
      await expect(page.getByText('Assistant is answering')).toBeAttached()
      const card = conversation.answer.getByRole('group', { name: 'Tool get_system_metrics' })
      await expect(card).toContainText('Done')
      await expect(page.getByText('Answer complete')).toBeAttached()

      const stored = await storedAnswer(page)
      expect(stored).toMatchObject({
        status: 'completed',
        calls: [{ name: 'get_system_metrics', output: { metric_type: 'all' } }],
      })
      const { process } = Object(stored.calls[0]?.output)
      await expect(card).toContainText(String(process.pid))
      await expect(card).toContainText(process.node_version)
      const memory = card.getByRole('meter', { name: 'Memory' })
      expect(Number(await memory.getAttribute('aria-valuenow'))).toBeGreaterThan(0)
      expect(withoutMarkup(await conversation.text())).toBe(withoutMarkup(stored.text))
      expect((await shownAnswers(page)).length).toBeGreaterThan(10)
    })

    test('is whole at once after a reload in the middle, and goes on to the same end (P2, P4)', async () => {
      const { browser, url } = getWorld()
      // Long enough to be under way still when a page has come up on a busy machine.
      const words = numberedWords(500)
      await using visitor = await visit(browser, url, { records: true })
      const { page } = visitor
      const conversation = conversationOn(page)
      await conversation.send(repeat(words))
      await conversation.untilWords(60)
      const before = (await shownAnswers(page)).at(-1) ?? ''
      await page.reload()
      await expect(page.getByText('Answer complete')).toBeAttached()
      const after = await shownAnswers(page)
      expect(after[0]?.startsWith(before), `${before} … ${after[0]}`).toBe(true)
      expect(after.length, 'texts shown since the reload').toBeGreaterThan(2)
      expect(after.every((text) => words.startsWith(text))).toBe(true)
      expect(await conversation.text()).toBe(words)
      expect(await storedAnswer(page)).toMatchObject({ status: 'completed', text: words })
    })

    test('is the same live in two tabs, and closing the one that asked stops nothing (P2)', async () => {
      const { browser, url } = getWorld()
      // Long enough to be under way still when a page has come up on a busy machine.
      const words = numberedWords(500)
      await using visitor = await visit(browser, url, { records: true })
      const asking = conversationOn(visitor.page)
      await asking.send(repeat(words))
      await asking.untilWords(20)
      const reading = conversationOn(await visitor.openTab(asking.page.url()))
      await reading.untilWords(80)
      await asking.untilWords(80)
      await asking.page.close()
      await expect(reading.page.getByText('Answer complete')).toBeAttached()
      const shown = await shownAnswers(reading.page)
      expect(shown.every((text) => words.startsWith(text))).toBe(true)
      expect(shown.length, 'texts shown in the second tab').toBeGreaterThan(2)
      expect(await reading.text()).toBe(words)
      expect(await storedAnswer(reading.page)).toMatchObject({ text: words })
    })

    test.each(['button', 'Escape'])(
      'that is stopped by %s keeps its text, says so, and can be asked for again (P9, P13)',
      async (way) => {
        const { browser, url } = getWorld()
        await using visitor = await visit(browser, url, { records: true })
        const { page } = visitor
        const conversation = conversationOn(page)
        const { stopButton, sendButton } = conversation
        await conversation.send(repeat(numberedWords(400)))
        await conversation.untilWords(20)
        if (way === 'button') await stopButton.click()
        else await page.keyboard.press('Escape')
        await expect(conversation.answer.getByText('Stopped', { exact: true })).toBeVisible()
        await expect(page.getByText('Answer stopped')).toBeAttached()
        await expect(stopButton).toBeHidden()
        await expect(sendButton).toBeVisible()
        const text = await conversation.text()
        expect(await storedAnswer(page)).toMatchObject({ status: 'stopped', text })
        expect(numberedWords(400).startsWith(text)).toBe(true)

        await conversation.answer.getByRole('button', { name: 'Retry' }).click()
        await expect(stopButton).toBeVisible()
        await conversation.untilWords(5)
        await page.keyboard.press('Escape')
        await expect(conversation.answer.getByText('Stopped', { exact: true })).toBeVisible()
        await expect(conversation.answer.getByText('2 / 2')).toBeVisible()
        await conversation.answer.getByRole('button', { name: 'Previous version' }).click()
        await expect(conversation.answer.getByText('1 / 2')).toBeVisible()
        expect(await storedTurns(page)).toEqual([repeat(numberedWords(400)), text])
      },
    )

    test('is stopped by Escape also before it began, and a message that was not sent comes back', async () => {
      const { browser, url } = getWorld()
      await using visitor = await visit(browser, url, { tolerates: CONNECTION_TROUBLE })
      const { page, context } = visitor
      const words = numberedWords(400)
      let held = Promise.withResolvers<void>()
      await page.routeWebSocket(/\/trpc/, (socket) => {
        const server = socket.connectToServer()
        socket.onMessage(async (message) => {
          if (message.includes('messages.send')) await held.promise
          server.send(message)
        })
      })
      await page.reload()
      const conversation = conversationOn(page)
      await expect(conversation.connection).toHaveText('Connected')
      await conversation.box.fill(repeat(words))
      // In one go, as a person's second thought may come before the page of the session is there.
      await conversation.box.evaluate((box) => {
        for (const key of ['Enter', 'Escape']) {
          box.dispatchEvent(new KeyboardEvent('keydown', { key, bubbles: true, cancelable: true }))
        }
      })
      await expect(conversation.questions).toHaveCount(1)
      // The session has a name from the first moment on.
      await expect(page.locator('main h1')).toHaveText(/^Repeat: word1 word2/)
      held.resolve()
      await expect(conversation.answer.getByText('Stopped', { exact: true })).toBeVisible()
      expect(await storedTurns(page)).toEqual([repeat(words), expect.any(String)])
      expect((await conversation.text()).length).toBeLessThan(words.length)

      held = Promise.withResolvers<void>()
      await conversation.send(repeat(words))
      await expect(conversation.stopButton).toBeEnabled()
      await page.keyboard.press('Escape')
      await expect(conversation.stopButton).toBeDisabled()
      held.resolve()
      await expect(conversation.answer.getByText('Stopped', { exact: true })).toBeVisible()
      await expect(conversation.answers).toHaveCount(2)
      await expect(conversation.stopButton).toBeHidden()

      await context.setOffline(true)
      await expect(conversation.connection).toHaveText('Offline')
      await conversation.send(repeat('never mind'))
      await expect(conversation.questions.last()).toContainText('Waiting for the connection')
      await page.keyboard.press('Escape')
      await expect(conversation.box).toHaveValue(repeat('never mind'))
      await context.setOffline(false)
      await expect(conversation.connection).toHaveText('Connected')
      await expect(conversation.questions).toHaveCount(2)
    })

    test('that was cut goes on in its place, and one under way can be joined or stopped', async () => {
      const { browser, url } = getWorld()
      await using visitor = await visit(browser, url)
      const { page } = visitor
      const conversation = conversationOn(page)
      const words = numberedWords(200)
      await conversation.send(repeat(words))
      await conversation.untilWords(20)
      await page.keyboard.press('Escape')
      await conversation.answer.getByRole('button', { name: 'Continue' }).click()
      await expect.poll(() => conversation.text()).toBe(words)
      await expect(conversation.answers).toHaveCount(1)
      await expect(conversation.stopButton).toBeHidden()

      await conversation.send(repeat(numberedWords(800)))
      await conversation.untilWords(5)
      await conversation.box.fill(repeat('added'))
      await expect(page.getByRole('button', { name: 'Add to this answer' })).toBeVisible()
      await conversation.box.press('Alt+Enter')
      const added = conversation.log.getByText('Joins the answer at its next step')
      await expect(added).toBeVisible()
      await page.reload()
      await expect(added).toBeVisible()
      await conversation.box.fill(repeat('now'))
      await page.getByRole('button', { name: 'Send now' }).click()
      await expect
        .poll(async () => (await conversation.turns()).slice(-4))
        .toEqual([repeat('now'), 'now', repeat('added'), 'added'])
      await expect(conversation.stopButton).toBeHidden()

      await conversation.send(repeat(numberedWords(800)))
      await conversation.untilWords(5)
      await conversation.box.fill(repeat('by key'))
      await conversation.box.press('Control+Enter')
      await expect(conversation.answer.locator('.markdown')).toHaveText('by key')
      await expect(conversation.stopButton).toBeHidden()
      // It was not answered after the other, but in its stead.
      expect((await storedTurns(page)).at(-3)).not.toBe(numberedWords(800))

      // The next in the queue begins when the stopped one ends, and can be stopped as well.
      await conversation.send(repeat(numberedWords(800)))
      await conversation.untilWords(5)
      await conversation.send(repeat(`next ${numberedWords(800)}`))
      await expect(conversation.log.getByText('Queued: answered next')).toBeVisible()
      await page.keyboard.press('Escape')
      await expect(conversation.answer.locator('.markdown')).toContainText('next')
      await page.keyboard.press('Escape')
      await expect(conversation.answer.getByText('Stopped', { exact: true })).toBeVisible()
    })

    test('comes for each message that was sent while another was answered, in their order', async () => {
      const { browser, url } = getWorld()
      await using visitor = await visit(browser, url)
      const { page } = visitor
      const conversation = conversationOn(page)
      // Under way still when both have been sent, also on a busy machine.
      const words = numberedWords(800)
      await conversation.send(repeat(words))
      await conversation.untilWords(2)
      await conversation.send('Repeat: second')
      await conversation.send('Repeat: third')
      await expect(conversation.questions).toHaveCount(3)
      await expect(conversation.questions.getByText('Queued: answered next')).toHaveCount(2)
      await page.reload()
      await expect(conversation.answers).toHaveCount(3)
      await expect(conversation.answer.locator('.markdown')).toHaveText('third')
      await expect(conversation.questions.getByText('Queued: answered next')).toHaveCount(0)
      await expect(conversation.stopButton).toBeHidden()
      const rest = [words, 'Repeat: second', 'second', 'Repeat: third', 'third']
      expect(await storedTurns(page)).toEqual([repeat(words), ...rest])
      // A long question is shown in part.
      expect((await conversation.turns()).slice(1)).toEqual(rest)
    })
  })
}
