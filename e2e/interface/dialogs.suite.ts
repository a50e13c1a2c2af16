import { describe, test } from 'vitest'
import { conversationOn, expect } from '../support/browser/conversation.ts'
import { visit } from '../support/browser/visit.ts'
import type { World } from '../support/browser/world.ts'

/** Dialogs, pickers and menus: what closes them, what they keep, and where the focus is afterwards. */
export function dialogStories(getWorld: () => World): void {
  describe('a dialog', () => {
    test('asks before it closes over what was written in it, by Escape twice and by a click beside it, and not for a selection that ends there', async () => {
      const { browser, url } = getWorld()
      await using visitor = await visit(browser, url)
      const { page } = visitor
      await page.getByRole('button', { name: 'New project' }).click()
      const dialog = page.getByRole('dialog', { name: 'New project' })
      const text = dialog.getByRole('textbox', { name: 'Instructions' })
      const notice = dialog.getByText('What you changed here is not saved.')
      await text.fill('Be brief')
      const box = await text.boundingBox()
      if (!box) throw new Error('the dialog has no text box')
      await page.mouse.move(box.x + 60, box.y + 20)
      await page.mouse.down()
      await page.mouse.move(5, 5)
      await page.mouse.up()
      await expect(text).toHaveValue('Be brief')
      await expect(notice).toBeHidden()

      await text.focus()
      await page.keyboard.press('Escape')
      await expect(notice).toBeVisible()
      await page.keyboard.press('Escape')
      await page.keyboard.press('Escape')
      await expect(text).toHaveValue('Be brief')
      await dialog.getByRole('button', { name: 'Keep editing' }).click()
      await expect(notice).toBeHidden()
      await expect(text).toBeFocused()
      await page.mouse.click(5, 5)
      await expect(notice).toBeVisible()
      await dialog.getByRole('button', { name: 'Discard' }).click()
      await expect(dialog).toBeHidden()
      // Nothing was written: it just closes.
      await page.getByRole('button', { name: 'New project' }).click()
      await page.keyboard.press('Escape')
      await expect(dialog).toBeHidden()
    })

    test('that asks covers none of its own buttons, however small the window is', async () => {
      const { browser, url } = getWorld()
      await using visitor = await visit(browser, url, { viewport: { width: 640, height: 400 } })
      const { page } = visitor
      await page.getByRole('button', { name: 'Show sessions' }).click()
      await page.getByRole('button', { name: 'New project' }).click()
      const dialog = page.getByRole('dialog', { name: 'New project' })
      await dialog.getByRole('textbox', { name: 'Name' }).fill('Not saved')
      await page.keyboard.press('Escape')
      await expect(dialog.getByRole('button', { name: 'Keep editing' })).toBeFocused()
      for (const name of ['Discard', 'Keep editing', 'Cancel', 'Save']) {
        const button = dialog.getByRole('button', { name, exact: true })
        await expect
          .poll(() => button.evaluate(isOnTop), { message: name, timeout: 5_000 })
          .toBe(true)
      }
      await dialog.getByRole('button', { name: 'Save' }).click()
      await expect(dialog).toBeHidden()
    })

    test('takes its own pastes, keeps the focus in a list that gets shorter, and files dropped anywhere else are attached', async () => {
      const { browser, url } = getWorld()
      await using visitor = await visit(browser, url)
      const { page } = visitor
      const { box, log } = conversationOn(page)
      await box.fill('/')
      await page.getByRole('button', { name: 'Your prompts…' }).click()
      const dialog = page.getByRole('dialog', { name: 'Your prompts' })
      for (const name of ['one', 'two']) {
        await dialog.getByRole('textbox', { name: 'Name' }).fill(name)
        await dialog.getByRole('textbox', { name: 'Text' }).fill(`Text ${name}`)
        await dialog.getByRole('button', { name: 'Keep' }).click()
      }
      await dialog.getByRole('textbox', { name: 'Text' }).focus()
      const isHandled = await page.evaluate(() => {
        const clipboardData = new DataTransfer()
        clipboardData.setData('text/plain', 'word '.repeat(10_000))
        return !document.activeElement?.dispatchEvent(
          new ClipboardEvent('paste', { clipboardData, bubbles: true, cancelable: true }),
        )
      })
      expect(isHandled).toBe(false)
      await dialog.getByRole('button', { name: 'Remove /one' }).click()
      await expect(dialog.getByRole('button', { name: 'Remove /two' })).toBeFocused()
      await page.keyboard.press('Enter')
      await expect(dialog.getByRole('list', { name: 'Prompts' })).toBeHidden()
      await expect
        .poll(() => dialog.evaluate((element) => element.contains(document.activeElement)))
        .toBe(true)
      // It has asked once: what is written after that was kept is not interrupted by the same question.
      const text = dialog.getByRole('textbox', { name: 'Text' })
      const notice = dialog.getByText('What you changed here is not saved.')
      await dialog.getByRole('textbox', { name: 'Name' }).fill('three')
      await text.fill('Text three')
      await page.keyboard.press('Escape')
      await expect(notice).toBeVisible()
      await dialog.getByRole('button', { name: 'Keep', exact: true }).click()
      await expect(notice).toBeHidden()
      await text.pressSequentially('two words')
      await expect(text).toHaveValue('two words')
      await dialog.getByRole('button', { name: 'Done' }).click()
      await expect(notice).toBeVisible()
      await dialog.getByRole('button', { name: 'Discard' }).click()
      await expect(dialog).toBeHidden()
      await expect(page.getByRole('list', { name: 'Attached files' })).toBeHidden()

      await box.fill('')
      await page.locator('main header').evaluate((element) => {
        const dataTransfer = new DataTransfer()
        dataTransfer.items.add(new File(['Hello'], 'note.txt', { type: 'text/plain' }))
        element.dispatchEvent(
          new DragEvent('drop', { dataTransfer, bubbles: true, cancelable: true }),
        )
      })
      const chips = page.getByRole('list', { name: 'Attached files' })
      await expect(chips.getByText('note.txt')).toBeVisible()
      await chips.getByRole('button', { name: 'Remove note.txt' }).click()
      await expect(chips).toBeHidden()
      await expect(box).toBeFocused()
      await expect(log).toHaveCount(0)
    })

    test('of models sends nothing by Enter, gives the focus back, and closes when one tabs out of it', async () => {
      const { browser, url } = getWorld()
      await using visitor = await visit(browser, url)
      const { page } = visitor
      const { box } = conversationOn(page)
      const button = page.getByRole('button', { name: 'Model', exact: true })
      const picker = page.getByRole('dialog', { name: 'Choose a model' })
      const search = picker.getByRole('combobox', { name: 'Search models' })
      await box.fill('Not yet')
      await button.click()
      await search.fill('no such model')
      await expect(picker.getByText('No model has this name.')).toBeVisible()
      await search.press('Enter')
      await expect(picker).toBeVisible()
      await expect(box).toHaveValue('Not yet')
      await expect(page).toHaveURL(/\/$/)
      await search.press('Escape')
      await expect(picker).toBeHidden()
      await expect(button).toBeFocused()
      await button.click()
      await expect(search).toBeFocused()
      await button.click()
      await expect(picker).toBeHidden()
      await button.click()
      await expect(search).toBeFocused()
      await search.press('Shift+Tab')
      await expect(picker).toBeHidden()
      await expect(button).toBeFocused()
      await button.click()
      await expect(search).toBeFocused()
      await page.keyboard.press('Tab')
      await page.keyboard.press('Tab')
      await expect(picker).toBeHidden()
    })

    test('is told of the prompts that a slash lists, and of what is copied, also on a plain HTTP address', async () => {
      const { browser, url } = getWorld()
      await using visitor = await visit(browser, url)
      const { page } = visitor
      const { box, answer, questions, send } = conversationOn(page)
      await box.pressSequentially('/')
      const active = page.getByRole('option', { selected: true })
      await expect(active).toBeVisible()
      await expect(box).toHaveAttribute(
        'aria-activedescendant',
        (await active.getAttribute('id')) ?? '',
      )
      await box.press('ArrowDown')
      await expect(box).toHaveAttribute(
        'aria-activedescendant',
        (await active.getAttribute('id')) ?? '',
      )
      await box.fill('')
      await expect(box).not.toHaveAttribute('aria-activedescendant')

      await send('Repeat: to be copied')
      await expect(answer.locator('.markdown')).toHaveText('to be copied')
      await page.evaluate(() => Object.defineProperty(navigator, 'clipboard', { value: undefined }))
      await answer.getByRole('button', { name: 'Copy', exact: true }).click()
      await expect(page.getByRole('status').filter({ hasText: 'Copied' })).toBeAttached()
      // The dialog that the notice before stood in is gone.
      await page.getByRole('main').getByRole('button', { name: 'Session actions' }).click()
      await page.getByRole('menuitem', { name: 'Share' }).click()
      const share = page.getByRole('dialog', { name: 'Share session' })
      await share.getByRole('button', { name: 'Create link' }).click()
      await share.getByRole('button', { name: 'Copy link' }).click()
      await expect(page.getByRole('status').filter({ hasText: 'Copied' })).toBeAttached()
      await page.keyboard.press('Escape')
      await expect(share).toBeHidden()
      await answer.getByRole('button', { name: 'Copy', exact: true }).click()
      await expect(page.getByRole('status').filter({ hasText: 'Copied' })).toBeAttached()
      await expect(answer.locator('.markdown')).toHaveText('to be copied')
      // Own messages can be gone on from as well.
      const address = page.url()
      await questions.hover()
      await questions.getByRole('button', { name: 'Fork from here' }).click()
      await expect(page).not.toHaveURL(address)
      await expect(questions).toHaveText(/to be copied/)
    })
  })
}

/** Runs in the page: true where a click in the middle of an element is one on it. */
function isOnTop(element: Element): boolean {
  const { x, y, width, height } = element.getBoundingClientRect()
  return element.contains(document.elementFromPoint(x + width / 2, y + height / 2))
}
