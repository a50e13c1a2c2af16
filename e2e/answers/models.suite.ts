import { describe, test } from 'vitest'
import { startServer } from '../../scripts/testing/server-process.ts'
import { objectOf, stringOf } from '../../server/model/json.ts'
import { chatAnswer, startScriptedProvider } from '../../server/model/testing/scripted-provider.ts'
import type {
  ScriptedReply,
  ScriptedRequest,
} from '../../server/model/testing/scripted-provider.ts'
import { conversationOn, expect } from '../support/browser/conversation.ts'
import { visit } from '../support/browser/visit.ts'
import type { World } from '../support/browser/world.ts'

/**
 * An endpoint that lists three models, one of which does not exist. Each answers with its name and the text it was
 * sent.
 */
function reply({ path, body }: ScriptedRequest): ScriptedReply {
  const models = ['small-1', 'large-2', 'gone-3'].map((id) => ({ id, object: 'model' }))
  const headers = { 'content-type': 'application/json' }
  if (path.endsWith('/models')) return { headers, body: [JSON.stringify({ data: models })] }
  const { model, messages } = objectOf(body)
  if (model === 'gone-3') {
    const error = { message: 'The model `gone-3` does not exist', code: 'model_not_found' }
    return { status: 404, headers, body: [JSON.stringify({ error })] }
  }
  const told = JSON.stringify(messages).includes('Speak like a sailor') ? ', aye' : ''
  return { body: [chatAnswer(`I am ${stringOf(model)}${told}.`)] }
}

export function modelStories(getWorld: () => World): void {
  describe('models', () => {
    test('a session is given a model and instructions, an answer is asked for again of another model, and one that is not there is told inline', async () => {
      const { browser } = getWorld()
      await using provider = await startScriptedProvider(reply)
      await using server = await startServer({
        DATA_DIR: 'memory:',
        OPENAI_BASE_URL: provider.baseUrl,
        LLM_MODEL: 'small-1',
      })
      await using visitor = await visit(browser, server.url)
      const { page } = visitor
      const conversation = conversationOn(page)
      const { answer } = conversation
      const settled = () => expect(conversation.stopButton).toBeHidden()
      const menu = page.getByRole('main').getByRole('button', { name: 'Session actions' })
      const dialog = page.getByRole('dialog', { name: 'Model and instructions' })

      await conversation.send('Who are you?')
      await expect(answer).toContainText('I am small-1.')
      await settled()

      await answer.getByRole('button', { name: 'Regenerate with…' }).click()
      await page.getByRole('menuitem', { name: 'large-2' }).click()
      await expect(answer).toContainText('I am large-2.')
      await expect(answer.getByText('2 / 2')).toBeVisible()
      await settled()

      await menu.click()
      await page.getByRole('menuitem', { name: 'Model and instructions' }).click()
      await expect(dialog.getByRole('option', { name: 'small-1 (default)' })).toBeAttached()
      await dialog.getByRole('combobox', { name: 'Model' }).selectOption('large-2')
      await dialog.getByRole('textbox', { name: 'Instructions' }).fill('Speak like a sailor')
      await dialog.getByRole('button', { name: 'Save' }).click()
      await expect(dialog).toBeHidden()
      await conversation.send('And now?')
      await expect(answer).toContainText('I am large-2, aye.')
      await settled()

      await page.reload()
      await menu.click()
      await page.getByRole('menuitem', { name: 'Model and instructions' }).click()
      await expect(dialog.getByRole('combobox', { name: 'Model' })).toHaveValue('large-2')
      await expect(dialog.getByRole('textbox', { name: 'Instructions' })).toHaveValue(
        'Speak like a sailor',
      )
      await dialog.getByRole('button', { name: 'Cancel' }).click()

      await answer.getByRole('button', { name: 'Regenerate with…' }).click()
      await page.getByRole('menuitem', { name: 'gone-3' }).click()
      await expect(answer).toContainText('gone-3')
      await settled()
      // Repeating the same request would not help; another model would.
      await expect(answer.getByRole('button', { name: 'Retry' })).toBeHidden()
      await expect(answer.getByRole('button', { name: 'Regenerate with…' })).toBeEnabled()

      // Also where one types the first message of a session.
      await page.getByRole('button', { name: 'New session' }).click()
      const chip = page.getByRole('button', { name: 'Model', exact: true })
      await expect(chip).toHaveText('Modelsmall-1default')
      await expect(chip).toHaveAccessibleDescription('small-1 (default)')
      await chip.click()
      await page.getByRole('option', { name: /large-2/ }).click()
      await expect(chip).toContainText('large-2')
      await conversation.send('And you?')
      await expect(answer).toContainText('I am large-2.')
    })
  })
}
