import { describe, test } from 'vitest'
import { startServer } from '../scripts/testing/server-process.ts'
import {
  chatAnswer,
  chatChunk,
  sse,
  startScriptedProvider,
} from '../server/model/testing/scripted-provider.ts'
import type { ScriptedReply } from '../server/model/testing/scripted-provider.ts'
import { conversationOn, expect } from './support/conversation.ts'
import { startTcpProxy } from './support/tcp-proxy.ts'
import { storedAnswer } from './support/stored-session.ts'
import { visit } from './support/visit.ts'
import type { World } from './support/world.ts'

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
  })
}
