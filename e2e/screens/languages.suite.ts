import type { Page } from '@playwright/test'
import { describe, test } from 'vitest'
import { clean } from '../support/browser/axe.ts'
import { conversationOn, expect } from '../support/browser/conversation.ts'
import { importedSession } from '../support/browser/imported-session.ts'
import { sidewaysOverflow } from '../support/browser/overflow.ts'
import { visit } from '../support/browser/visit.ts'
import type { World } from '../support/browser/world.ts'

const PHONE = { width: 390, height: 844 }

/** The interface in other languages. */
export function languageStories(getWorld: () => World): void {
  describe('the language', () => {
    test('is the browser’s: in Arabic the page runs from right to left, and code does not', async () => {
      const { browser, url } = getWorld()
      await using visitor = await visit(browser, url, { locale: 'ar', reducedMotion: 'reduce' })
      const { page } = visitor
      await expect(page.locator('html')).toHaveAttribute('lang', 'ar')
      await expect(page.locator('html')).toHaveAttribute('dir', 'rtl')
      const box = page.getByRole('textbox', { name: 'الرسالة' })
      await expect(box).toBeFocused()
      await box.fill('Repeat: مرحبا\n\n```sh\nnpm start\n```')
      await page.keyboard.press('Enter')
      await expect(page.getByText('اكتملت الإجابة')).toBeAttached()
      await expect(page.getByRole('status', { name: 'الاتصال' })).toHaveText('متصل')

      const log = page.getByRole('log', { name: 'المحادثة' })
      const answer = log.getByRole('article', { name: 'المساعد' })
      expect(await leftOf(page, 'nav')).toBeGreaterThan(await leftOf(page, 'main'))
      expect(await directionOf(answer.locator('.markdown p').first())).toBe('rtl')
      expect(await directionOf(answer.locator('pre'))).toBe('ltr')
      // A title of the other direction begins where the interface does.
      const title = page.locator('nav li a span[dir=auto]').first()
      expect(await directionOf(title)).toBe('ltr')
      expect(await title.evaluate(gapAtRight)).toBeLessThan(3)
      await clean(page, 'a session in Arabic')
      await page.setViewportSize(PHONE)
      expect(await sidewaysOverflow(page)).toEqual([])
      await clean(page, 'a session in Arabic on a phone')
      for (const path of ['/settings', '/usage', '/']) {
        await page.goto(url + path)
        await expect(page.locator('main h1')).toHaveText(/\p{Script=Arabic}/u)
        expect(await sidewaysOverflow(page)).toEqual([])
        await clean(page, `${path} in Arabic on a phone`)
      }
    })

    test('has its digits everywhere, and numbers in a table stand below their head', async () => {
      const { browser, url } = getWorld()
      const table = '| الاسم | العدد |\n|---|---|\n| تفاح | 12 |'
      const id = await importedSession(url, 'جدول', ['كم؟', table])
      await using visitor = await visit(browser, `${url}/s/${id}`, { locale: 'ar-EG' })
      const { page } = visitor
      const cells = page.getByRole('log').locator('th:last-child, td:last-child')
      await expect(cells).toHaveText(['العدد', '12'])
      const [head = 0, figure = NaN] = await cells.evaluateAll((all) =>
        all.map((cell) => {
          const text = document.createRange()
          text.selectNodeContents(cell)
          return text.getBoundingClientRect().right
        }),
      )
      expect(Math.abs(head - figure)).toBeLessThan(3)
      await page.goto(`${url}/usage`)
      const periods = page.getByRole('radiogroup').first()
      await expect(periods).toContainText('٣٠')
      await expect(periods).not.toContainText(/\d/)
    })

    test('is chosen in the settings, for every tab and without a reload, and dates and numbers follow', async () => {
      const { browser, url } = getWorld()
      await using visitor = await visit(browser, url)
      const { page: written } = visitor
      const conversation = conversationOn(written)
      await conversation.send('Repeat: before')
      await expect(conversation.answer.locator('.markdown')).toHaveText('before')
      await conversation.box.fill('not sent yet')
      const usage = await visitor.openTab('/usage')
      await expect(usage.getByRole('figure', { name: 'Tokens by day' })).toBeVisible()
      const settings = await visitor.openTab('/settings')
      await expect(settings.locator('html')).toHaveAttribute('lang', 'en')
      await settings.getByRole('combobox', { name: 'Language' }).selectOption('Deutsch')

      await expect(settings.getByRole('heading', { name: 'Einstellungen' })).toBeVisible()
      await expect(settings.getByRole('region', { name: 'Deine Daten' })).toBeVisible()
      await expect(settings).toHaveTitle('Einstellungen · Throughline')
      const chart = usage.getByRole('figure', { name: 'Tokens pro Tag' })
      const today = new Date().toLocaleDateString('de', { day: 'numeric', month: 'short' })
      await expect(chart.getByRole('listitem').last()).toContainText(today)
      await expect(chart.getByRole('listitem').last()).toContainText(/[1-9][\d.]* Ausgabe-Tokens/)
      // Its heads are the longest ones; the cost is in the last column.
      const byModel = usage.getByRole('group', { name: 'Nutzung nach Modell' })
      expect(await byModel.evaluate((one) => one.scrollWidth - one.clientWidth)).toBe(0)
      await expect(written.locator('html')).toHaveAttribute('lang', 'de')
      const answer = written.getByRole('article', { name: 'Assistent' })
      await expect(answer.getByRole('button', { name: 'Neu generieren' })).toBeAttached()
      await expect(written.getByRole('textbox', { name: 'Nachricht' })).toHaveValue('not sent yet')

      await settings.reload()
      const choice = settings.getByRole('combobox', { name: 'Sprache' })
      await expect(choice).toHaveValue('de')
      await choice.selectOption('Wie im Browser')
      await expect(settings.getByRole('heading', { name: 'Settings' })).toBeVisible()
      await expect(usage.getByRole('figure', { name: 'Tokens by day' })).toBeVisible()
      await expect(answer).toHaveCount(0)
      await expect(conversation.answer.getByRole('button', { name: 'Regenerate' })).toBeAttached()
      await expect(conversation.box).toHaveValue('not sent yet')
    })
  })
}

async function leftOf(page: Page, selector: string): Promise<number> {
  return (await page.locator(selector).first().boundingBox())?.x ?? Number.NaN
}

/** Runs in the page: the pixels between a short text in an element and its right side. */
function gapAtRight(element: Element): number {
  const text = element.firstChild as Text
  const whole = text.data
  text.data = 'Short'
  const range = document.createRange()
  range.selectNodeContents(text)
  const gap = element.getBoundingClientRect().right - range.getBoundingClientRect().right
  text.data = whole
  return gap
}

function directionOf(element: ReturnType<Page['locator']>): Promise<string> {
  return element.evaluate((one) => getComputedStyle(one).direction)
}
