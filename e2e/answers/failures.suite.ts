import { describe, test } from 'vitest'
import { startServer } from '../../scripts/testing/server-process.ts'
import {
  DONE,
  chatAnswer,
  chatChunk,
  sse,
  startScriptedProvider,
} from '../../server/model/testing/scripted-provider.ts'
import type { ScriptedReply } from '../../server/model/testing/scripted-provider.ts'
import { chooseAction } from '../support/browser/choose-action.ts'
import { conversationOn, expect } from '../support/browser/conversation.ts'
import { startTcpProxy } from '../support/faults/tcp-proxy.ts'
import { storedAnswer } from '../support/browser/stored-session.ts'
import { visit } from '../support/browser/visit.ts'
import type { World } from '../support/browser/world.ts'

const BEGINNING = 'As I was about to'

/** A provider that fails in several ways in turn, and then answers. */
export function failureStories(getWorld: () => World): void {
  describe('a provider that fails', () => {
    test('is told inline with its cause, what was said stays, and Retry asks again (P13)', async () => {
      const { browser } = getWorld()
      const cut: ScriptedReply = { body: [sse(chatChunk({ content: BEGINNING }))], ending: 'cut' }
      await using provider = await startScriptedProvider([cut, { body: [chatAnswer('All well.')] }])
      await using way = await startTcpProxy(Number(new URL(provider.baseUrl).port))
      await using server = await startServer({
        DATA_DIR: 'memory:',
        OPENAI_BASE_URL: `${way.url}/v1`,
      })
      await using visitor = await visit(browser, server.url)
      const { page } = visitor
      const conversation = conversationOn(page)
      const { answer } = conversation
      const retry = page.getByRole('button', { name: 'Retry' })

      await way.cut()
      await conversation.send('Hello')
      await expect(answer).toContainText('cannot be reached (nothing listens there)')
      await expect(page.getByText(/^Answer failed: .*cannot be reached/)).toBeAttached()
      await expect(conversation.stopButton).toBeHidden()
      expect(await storedAnswer(page)).toMatchObject({ status: 'failed', text: '' })

      await way.mend()
      await retry.click()
      await expect(answer).toContainText('ended before the answer did')
      expect(await conversation.text()).toBe(BEGINNING)
      expect(await storedAnswer(page)).toMatchObject({ status: 'failed', text: BEGINNING })
      await page.reload()
      await expect(answer).toContainText('ended before the answer did')
      expect(await conversation.text()).toBe(BEGINNING)

      await expect(retry).toHaveCount(1)
      await retry.click()
      await expect(page.getByText('Answer complete')).toBeAttached()
      expect(await conversation.text()).toBe('All well.')
      await expect(retry).toHaveCount(0)
      await page.reload()
      await expect(conversation.answers).toHaveCount(1)
      expect(await conversation.turns()).toEqual(['Hello', 'All well.'])
      // The failed attempts remain as earlier versions.
      await expect(answer.getByText('3 / 3')).toBeVisible()
      await answer.getByRole('button', { name: 'Previous version' }).click()
      await expect(answer).toContainText('ended before the answer did')
      expect(await conversation.text()).toBe(BEGINNING)
    })

    test('that takes no more requests is waited for, which the answer says; and what joins it stands in its place', async () => {
      const { browser } = getWorld()
      const release = Promise.withResolvers<void>()
      const renamed = Promise.withResolvers<void>()
      const called = { name: 'get_system_metrics', arguments: '{"metric_type":"uptime"}' }
      const replies: ScriptedReply[] = [
        { status: 429, headers: { 'retry-after': '5' }, body: ['{"error":{"message":"Slow"}}'] },
        {
          body: [
            sse(chatChunk({ content: 'Let me look.' })),
            { until: release.promise },
            sse(
              chatChunk({
                tool_calls: [{ index: 0, id: 'call_1', type: 'function', function: called }],
              }),
              chatChunk({}, 'tool_calls'),
            ) + DONE,
          ],
        },
        { body: [chatAnswer('Up, in short.')] },
      ]
      await using provider = await startScriptedProvider((request) =>
        JSON.stringify(request.body).includes('Write a title')
          ? { body: [{ until: renamed.promise }, chatAnswer('Uptime')] }
          : request.method === 'POST'
            ? (replies.shift() ?? { body: [chatAnswer('Nothing more.')] })
            : { status: 404 },
      )
      await using server = await startServer({
        DATA_DIR: 'memory:',
        OPENAI_BASE_URL: provider.baseUrl,
      })
      await using visitor = await visit(browser, server.url)
      const { page } = visitor
      const conversation = conversationOn(page)
      const { answer } = conversation
      await conversation.send('How long is it up?')
      await expect(
        page.getByText(/takes no more requests just now\. Asking again in \d s/),
      ).toBeVisible()
      await expect(answer).toContainText('Let me look.')
      await expect(page.getByText(/Asking again/)).toHaveCount(0)
      await conversation.box.fill('Be brief')
      await page.getByRole('button', { name: 'Add to this answer' }).click()
      await expect(conversation.log.getByText('Joins the answer at its next step')).toBeVisible()
      release.resolve()
      // A title that the model is still writing does not replace a person's.
      const isTitleAsked = () =>
        provider.requests.some(({ body }) => JSON.stringify(body).includes('Write a title'))
      await expect.poll(isTitleAsked).toBe(true)
      await chooseAction(page, 'Rename')
      await page.getByRole('textbox', { name: 'Title' }).fill('Mine')
      await page.keyboard.press('Enter')
      const title = page.locator('main h1')
      await expect(title).toHaveText('Mine')
      renamed.resolve()
      // The first article is the answer itself, what joined it stands in it.
      const whole = conversation.answers.first()
      const joined = whole.getByRole('article', { name: 'You' })
      for (const time of ['at once', 'after a reload']) {
        await expect(joined, time).toContainText('Be brief')
        await expect(whole, time).toContainText(/Let me look\..*Be brief.*Up, in short\./s)
        await expect(conversation.answers, time).toHaveCount(1)
        await expect(conversation.questions, time).toHaveCount(2)
        await expect(title, time).toHaveText('Mine')
        await page.reload()
      }
    })
  })
}
