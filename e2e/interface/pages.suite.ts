import { existsSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import type { Locator, Page } from '@playwright/test'
import { describe, test } from 'vitest'
import { chooseAction } from '../support/browser/choose-action.ts'
import { downloaded } from '../support/browser/downloaded.ts'
import { conversationOn, expect } from '../support/browser/conversation.ts'
import { importedSession } from '../support/browser/imported-session.ts'
import { luminancesOf } from '../support/browser/luminance.ts'
import { visit } from '../support/browser/visit.ts'
import type { World } from '../support/browser/world.ts'

/** Pages beside the conversation: usage, settings, and the navigation between them. */
export function pageStories(getWorld: () => World): void {
  describe('code', () => {
    test('has its colours, is wrapped on request, and copied and kept as it was written', async () => {
      const { browser, url } = getWorld()
      const code = `const answer = 42 // ${'a long comment '.repeat(20)}\n\treturn "<b>"`
      const id = await importedSession(url, 'Code', ['Code?', `\`\`\`ts\n${code}\n\`\`\``])
      await using visitor = await visit(browser, `${url}/s/${id}`, {
        permissions: ['clipboard-read', 'clipboard-write'],
      })
      const { page } = visitor
      const block = page.getByRole('figure', { name: 'Code, ts' })
      const text = block.locator('pre')
      await expect
        .poll(() => page.evaluate(() => [...CSS.highlights.keys()].toSorted()))
        .toEqual(['code-comment', 'code-keyword', 'code-number', 'code-string'])
      const overflow = () => text.evaluate((pre) => pre.scrollWidth - pre.clientWidth)
      expect(await overflow()).toBeGreaterThan(0)
      await block.getByRole('button', { name: 'Wrap lines' }).click()
      expect(await overflow()).toBe(0)
      await block.getByRole('button', { name: 'Copy code' }).click()
      await expect.poll(() => page.evaluate(() => navigator.clipboard.readText())).toBe(code)
      const kept = await downloaded(page, () =>
        block.getByRole('button', { name: 'Download code' }).click(),
      )
      expect(kept).toBe(code)
    })
  })

  describe('the pages', () => {
    test('are led to by the palette, which finds commands, sessions and what was said', async () => {
      const { browser, url } = getWorld()
      await importedSession(url, 'About quaggas', ['Are they extinct?', 'Since 1883, alas.'])
      await using visitor = await visit(browser, url)
      const { page } = visitor
      const { keyboard } = page
      const palette = page.getByRole('dialog', { name: 'Command palette' })
      const choose = async (typed: string, option: RegExp) => {
        await keyboard.press('Control+k')
        await palette.getByRole('combobox').fill(typed)
        await expect(palette.getByRole('option', { name: option })).toHaveAttribute(
          'aria-selected',
          'true',
        )
        await keyboard.press('Enter')
        await expect(palette).toBeHidden()
      }
      await expect(conversationOn(page).box).toBeFocused()
      await choose('usage', /^Usage$/)
      await expect(page).toHaveURL(/\/usage$/)
      await choose('quag', /About quaggas/)
      await expect(page.getByText('Since 1883, alas.')).toBeVisible()
      await page.getByRole('link', { name: 'Settings' }).click()
      await choose('alas 1883', /Since 1883/)
      await expect(page).toHaveURL(/\?message=/)
      await expect(page.getByText('Since 1883, alas.')).toBeVisible()
      await keyboard.press('Control+k')
      await palette.getByRole('combobox').fill('alas 1883')
      await expect(palette.getByRole('option').first()).toContainText('About quaggas')
      await keyboard.press('Escape')
      await choose('rename', /Rename this session/)
      const rename = page.getByRole('dialog', { name: 'Rename session' })
      await rename.getByRole('textbox').fill('Of quaggas')
      await rename.getByRole('button', { name: 'Rename' }).click()
      await expect(page.getByRole('heading', { name: 'Of quaggas' })).toBeVisible()
      await choose('chatgpt import', /Your data/)
      await expect(page).toHaveURL(/\/settings#your-data$/)
      await choose('new session', /^New session$/)
      await expect(conversationOn(page).box).toBeFocused()

      await keyboard.type('?')
      await expect(conversationOn(page).box).toHaveValue('?')
      await conversationOn(page).box.fill('')
      await page.getByRole('link', { name: 'Usage' }).click()
      await keyboard.press('?')
      const shortcuts = page.getByRole('dialog', { name: 'Keyboard shortcuts' })
      await expect(shortcuts).toContainText('Open the command palette')
      await keyboard.press('Escape')
      await expect(shortcuts).toBeHidden()
    })

    test('begin with an assistant, in a project, or for a while only; and the first asks for little', async () => {
      const { browser, url } = getWorld()
      await using visitor = await visit(browser, url)
      const { page } = visitor
      const conversation = conversationOn(page)
      await expect(conversation.box).toBeFocused()
      expect(await bytesBeforeLoad(page)).toBeLessThan(165_000)

      await page.getByRole('link', { name: 'Settings' }).click()
      await page.getByRole('button', { name: 'New assistant' }).click()
      const dialog = page.getByRole('dialog', { name: 'New assistant' })
      await expect(dialog.getByLabel('Name')).toBeFocused()
      // However long the form is. Nothing of it is seen below the buttons.
      const save = dialog.getByRole('button', { name: 'Save' })
      await expect(save).toBeInViewport({ ratio: 1 })
      const bottoms = [save.locator('..'), dialog].map(async (box) => {
        const { y = 0, height = 0 } = (await box.boundingBox()) ?? {}
        return y + height
      })
      const [foot = 0, whole = NaN] = await Promise.all(bottoms)
      expect(whole - foot).toBeLessThanOrEqual(1)
      await dialog.getByLabel('Name').fill('Harbour master')
      await dialog.getByLabel('Instructions').fill('Think of ships.')
      // The models are suggested; another name can be typed.
      const model = dialog.getByRole('combobox', { name: 'Model' })
      const suggested = `datalist[id="${await model.getAttribute('list')}"] option`
      await expect(dialog.locator(suggested)).toHaveAttribute('value', 'demo')
      await dialog.getByLabel('First suggestions').fill('Repeat: ahoy\n\nRepeat: aground')
      await dialog.getByRole('checkbox', { name: 'Fetch user profile', exact: true }).uncheck()
      await dialog.getByRole('button', { name: 'Save' }).click()
      await expect(page.getByRole('list', { name: 'Assistants' })).toContainText('one tool off')
      const file = await downloaded(page, () =>
        page.getByRole('button', { name: 'Save Harbour master as a file' }).click(),
      )
      await page.getByRole('button', { name: 'Delete Harbour master' }).click()
      await expect(page.getByRole('list', { name: 'Assistants' })).toHaveCount(0)
      await page
        .getByLabel('File of an assistant')
        .setInputFiles({ name: 'a.json', mimeType: 'application/json', buffer: Buffer.from(file) })
      await expect(page.getByText('“Harbour master” was added.')).toBeVisible()

      await page.getByRole('button', { name: 'New session' }).click()
      await page.getByRole('combobox', { name: 'Assistant' }).selectOption('Harbour master')
      await page.getByRole('button', { name: 'Repeat: ahoy' }).click()
      await expect(conversation.answer.locator('.markdown')).toHaveText('ahoy')
      expect(await openSession(page)).toMatchObject({
        systemPrompt: 'Think of ships.',
        toolsOff: ['fetch_user_profile'],
      })

      await page.getByRole('button', { name: 'New project' }).click()
      const project = page.getByRole('dialog', { name: 'New project' })
      await project.getByLabel('Name').fill('North quay')
      await project.getByLabel('Instructions').fill('It is closed.')
      await project
        .getByLabel('Files of the project')
        .setInputFiles({ name: 'plan.txt', mimeType: 'text/plain', buffer: Buffer.from('A plan') })
      await expect(project.getByRole('list', { name: 'Files' })).toContainText('plan.txt')
      await project.getByRole('button', { name: 'Save' }).click()
      await expect(page.getByRole('heading', { name: 'North quay' })).toBeVisible()
      await conversation.send('Repeat: in the project')
      await expect(conversation.answer.locator('.markdown')).toHaveText('in the project')
      await page.getByRole('link', { name: 'North quay' }).click()
      const inIt = page.getByRole('list', { name: 'Sessions of the project' })
      await inIt.getByRole('link', { name: 'Repeat: in the project' }).click()
      expect(await openSession(page)).toMatchObject({ projectId: expect.any(String) })

      await chooseAction(page, 'Archive')
      const listed = page
        .getByRole('navigation', { name: 'Sessions' })
        .getByRole('link', { name: 'Repeat: in the project' })
      await expect(listed).toHaveCount(0)
      await page.getByRole('link', { name: 'Settings' }).click()
      await expect(page.getByRole('list', { name: 'Archived sessions' })).toContainText(
        'Repeat: in the project',
      )

      await page.getByRole('button', { name: 'New session' }).click()
      await page.getByRole('button', { name: 'Temporary' }).click()
      await expect(page.getByText('is deleted with everything in it')).toBeVisible()
      await conversation.send('Repeat: for a while')
      await expect(conversation.answer.locator('.markdown')).toHaveText('for a while')
      expect(await openSession(page)).toMatchObject({ temporary: true, projectId: null })
      await expect(page.locator('header').getByText('Temporary')).toBeVisible()
    })

    test('show what was used, by day and by model, how it went, and do not guess what it cost', async () => {
      const { browser, url } = getWorld()
      await using visitor = await visit(browser, url)
      const { page } = visitor
      await conversationOn(page).send('Repeat: to be counted')
      await expect(page.getByText('Answer complete')).toBeAttached()
      await page.getByRole('link', { name: 'Usage' }).click()
      const answers = await figure(page, 'Answers')
      expect(Number(await answers.textContent())).toBeGreaterThan(0)
      await expect(await figure(page, 'Cost')).toHaveText('free')
      const chart = page.getByRole('figure', { name: 'Tokens by day' })
      await expect(chart.getByRole('listitem')).toHaveCount(30)
      await expect(chart.getByRole('listitem').last()).toContainText(/[1-9]\d* output tokens/)
      await page.getByRole('radio', { name: '7 days' }).check()
      await expect(chart.getByRole('listitem')).toHaveCount(7)
      const demo = page.getByRole('table', { name: 'Usage by model' }).getByRole('row').last()
      await expect(demo).toContainText('demo')
      await expect(demo).toContainText('free')
      const chosen = page.getByRole('combobox', { name: 'Chart' })
      for (const measure of ['Cost', 'Answers', 'Time to the first word', 'Tools']) {
        await chosen.selectOption(measure)
        const shown = page.getByRole('figure', { name: `${measure} by day` })
        await expect(shown.locator('canvas')).toBeVisible()
        await expect(shown.getByRole('listitem')).toHaveCount(7)
      }
      await page.getByRole('radio', { name: 'Session' }).check()
      await expect(page.getByRole('table', { name: 'Usage by session' })).toContainText(
        'Repeat: to be counted',
      )
      const csv = await downloaded(page, () => page.getByRole('button', { name: 'CSV' }).click())
      expect(csv).toMatch(/^Session,Answers,Failed,.*\r\n.*Repeat: to be counted/s)
    })

    test('are in the theme that was chosen, also after a reload and in another tab', async () => {
      const { browser, url } = getWorld()
      await using visitor = await visit(browser, `${url}/settings`, { colorScheme: 'light' })
      const { page } = visitor
      const background = async (on: Page) => (await luminancesOf(on.locator('main'))).background
      const other = await visitor.openTab('/usage')
      await page.bringToFront()
      expect(await background(page)).toBeGreaterThan(0.8)
      await page.getByRole('radio', { name: 'Dark' }).check()
      expect(await background(page)).toBeLessThan(0.1)
      await expect.poll(() => background(other)).toBeLessThan(0.1)
      await page.reload()
      await expect(page.getByRole('radio', { name: 'Dark' })).toBeChecked()
      expect(await background(page)).toBeLessThan(0.1)
      await page.getByRole('radio', { name: 'System' }).check()
      expect(await background(page)).toBeGreaterThan(0.8)
    })
  })
}

/** The session that is open, as the server has it. */
async function openSession(page: Page): Promise<unknown> {
  const id = new URL(page.url()).pathname.split('/').at(-1)
  return page.evaluate(async (of) => (await fetch(`/api/session/${of}/details`)).json(), id)
}

/** Bytes of all scripts that the page asked for before it was loaded, as they are sent to most browsers. */
async function bytesBeforeLoad(opened: Page): Promise<number> {
  const paths = await opened.evaluate(() => {
    const [navigation] = performance.getEntriesByType('navigation')
    const loadEventStart = Number(Object(navigation).loadEventStart)
    return performance
      .getEntriesByType('resource')
      .filter(({ startTime }) => startTime < loadEventStart)
      .map(({ name }) => new URL(name).pathname)
      .filter((path) => path.endsWith('.js'))
  })
  // Those that the page itself names are among them.
  const page = readFileSync(join(import.meta.dirname, '../../dist/web/index.html'), 'utf8')
  const named = [...page.matchAll(/(?:src|href)="(\/[^"]+\.js)"/g)].map(([, path]) => path)
  expect(named.length).toBeGreaterThan(0)
  expect(paths).toEqual(expect.arrayContaining(named))
  const sizes = paths.map((path) => {
    const file = join(import.meta.dirname, '../../dist/web', path)
    // The smallest files are not worth compressing.
    return statSync(existsSync(`${file}.gz`) ? `${file}.gz` : file).size
  })
  return sizes.reduce((sum, size) => sum + size, 0)
}

async function figure(page: Page, label: string): Promise<Locator> {
  return page.locator('dl > div', { hasText: label }).locator('dd').first()
}
