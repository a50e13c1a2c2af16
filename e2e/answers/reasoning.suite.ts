import { describe, test } from 'vitest'
import { startServer } from '../../scripts/testing/server-process.ts'
import {
  chatAnswer,
  chatChunk,
  sse,
  startScriptedProvider,
} from '../../server/model/testing/scripted-provider.ts'
import { conversationOn, expect } from '../support/browser/conversation.ts'
import { visit } from '../support/browser/visit.ts'
import type { World } from '../support/browser/world.ts'

/** A model that sends reasoning before its answer. */
export function reasoningStories(getWorld: () => World): void {
  describe('reasoning', () => {
    test('is read while it goes on, and folds with its time when the answer has begun, unless somebody chose', async () => {
      const { browser } = getWorld()
      const thought = sse(chatChunk({ reasoning_content: 'Let me **think** first.' }))
      let asked = 0
      await using provider = await startScriptedProvider(({ path }) => {
        // The page asks for the names of the models too.
        if (path.endsWith('/models')) return { body: [JSON.stringify({ data: [] })] }
        asked += 1
        return asked === 1
          ? { body: [thought], ending: 'hold' }
          : { body: [thought, chatAnswer('All well.')] }
      })
      await using server = await startServer({
        DATA_DIR: 'memory:',
        OPENAI_BASE_URL: provider.baseUrl,
      })
      await using visitor = await visit(browser, server.url)
      const { page } = visitor
      const conversation = conversationOn(page)
      const { answer } = conversation
      const thinking = answer.getByText('Let me think first.')
      await conversation.send('Hello')
      await expect(answer.getByText('Reasoning…')).toBeVisible()
      await expect(thinking).toBeVisible()
      await answer.getByText('Reasoning…').click()
      await expect(thinking).toBeHidden()
      await answer.getByText('Reasoning…').click()
      await conversation.stopButton.click()
      await expect(answer.getByText(/^Reasoned for \d/)).toBeVisible()
      await expect(thinking).toBeVisible()

      await answer.getByRole('button', { name: 'Retry' }).click()
      await expect(answer.getByText('All well.')).toBeVisible()
      await expect(thinking).toBeHidden()
      await page.reload()
      await expect(thinking).toBeHidden()
      await answer.getByText('Reasoning', { exact: true }).click()
      await expect(thinking).toBeVisible()
    })
  })
}
