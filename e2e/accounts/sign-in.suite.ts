import { describe, test } from 'vitest'
import type { AccountsWorld } from '../support/browser/accounts-world.ts'
import { cleanOnBoth } from '../support/browser/axe.ts'
import {
  conversationOn,
  expect,
  numberedWords,
  repeat,
  wordsOf,
} from '../support/browser/conversation.ts'
import {
  askAs,
  createAccount,
  keptNames,
  PASSWORD,
  REFUSED,
  signIn,
} from '../support/browser/people.ts'
import { visit } from '../support/browser/visit.ts'

/** Signing up, in and out, and the data of each person. */
export function signInStories(getWorld: () => AccountsWorld): void {
  describe('people', () => {
    test('the setup link works once, and who signs up later sees nothing of the first', async () => {
      const { browser, server, setupLink } = getWorld()
      await using adas = await visit(browser, server.url)
      await signIn(adas.page, 'Ada')
      const conversation = conversationOn(adas.page)
      await conversation.send(repeat('Only for Ada'))
      await expect(adas.page.getByText('Answer complete')).toBeAttached()
      const address = adas.page.url()

      await using bobs = await visit(browser, setupLink, { tolerates: REFUSED })
      const { page } = bobs
      await createAccount(page, 'Eve')
      await expect(page.getByRole('alert')).toContainText('This link cannot be used')
      await page.goto(server.url)
      await page.getByRole('button', { name: 'Create an account' }).click()
      await createAccount(page, 'Bob')
      await expect(page.getByText('Your sessions will be listed here.')).toBeVisible()
      await page.goto(address)
      await expect(page.getByText('This session does not exist')).toBeVisible()
      await expect(page.getByText('Only for Ada')).toHaveCount(0)
      await expect(page.getByRole('group', { name: 'Signed in' })).toHaveText('Bob')
      await expect(adas.page.getByRole('group', { name: 'Signed in' })).toHaveText('Ada')
    })

    test('a link to a session is where one is after signing in, by keyboard alone', async () => {
      const { browser, server } = getWorld()
      await using first = await visit(browser, server.url)
      await signIn(first.page, 'Ada')
      await conversationOn(first.page).send(repeat('A deep link'))
      await expect(first.page.getByText('Answer complete')).toBeAttached()
      const address = first.page.url()

      await using second = await visit(browser, address, { tolerates: REFUSED })
      const { page } = second
      const { keyboard } = page
      await expect(page.getByRole('textbox', { name: 'Email' })).toBeFocused()
      await keyboard.type('ada@example.com')
      await keyboard.press('Tab')
      await keyboard.type('wrong password')
      await keyboard.press('Enter')
      await expect(page.getByRole('alert')).toHaveText(/invalid/i)
      await keyboard.press('Control+a')
      await keyboard.type(PASSWORD)
      await keyboard.press('Enter')
      await expect(conversationOn(page).answer.locator('.markdown')).toHaveText('A deep link')
      expect(page.url()).toBe(address)
    })

    test('a login that ends in the middle of an answer is renewed in place: neither draft nor answer is lost', async () => {
      const { browser, server } = getWorld()
      await using visitor = await visit(browser, server.url)
      const { page } = visitor
      let sockets = 0
      page.on('websocket', () => (sockets += 1))
      await signIn(page, 'Ada')
      const conversation = conversationOn(page)
      const words = numberedWords(700)
      await conversation.send(repeat(words))
      await conversation.untilWords(20)
      await conversation.box.fill('What I was about to say')
      const before = sockets

      const ask = await askAs(server.url, 'Ada')
      const logins = (await ask('GET', '/api/login')) as { id: string; current: boolean }[]
      for (const { id, current } of logins) if (!current) await ask('DELETE', `/api/login/${id}`)
      const dialog = page.getByRole('dialog', { name: 'Sign in again' })
      await expect(dialog).toBeVisible()
      await page.keyboard.press('Escape')
      await cleanOnBoth(page, 'sign in again')
      await expect(dialog).toBeVisible()
      expect(wordsOf(await conversation.text()).length).toBeGreaterThanOrEqual(20)
      // One that says that the login has ended.
      expect(sockets - before).toBe(1)

      await signIn(page, 'Ada')
      await expect(dialog).toBeHidden()
      await expect(conversation.stopButton).toBeHidden()
      expect(wordsOf(await conversation.text())).toEqual(words.split(' '))
      await expect(conversation.box).toHaveValue('What I was about to say')
      expect(sockets - before).toBe(2)
    })

    test('somebody else who signs in over a page gets nothing of it', async () => {
      const { browser, server } = getWorld()
      await using visitor = await visit(browser, server.url)
      const { page } = visitor
      await page.getByRole('button', { name: 'Create an account' }).click()
      await createAccount(page, 'Carol')
      await conversationOn(page).box.fill('A draft of Carol')
      const ask = await askAs(server.url, 'Carol')
      const logins = (await ask('GET', '/api/login')) as { id: string; current: boolean }[]
      for (const { id, current } of logins) if (!current) await ask('DELETE', `/api/login/${id}`)
      await expect(page.getByRole('dialog', { name: 'Sign in again' })).toBeVisible()
      await signIn(page, 'Ada')
      await expect(page.getByRole('group', { name: 'Signed in' })).toHaveText('Ada')
      await expect(conversationOn(page).box).toHaveValue('')
    })

    test('who signs in next in a browser that was closed sees nothing of what somebody typed', async () => {
      const { browser, server } = getWorld()
      await using visitor = await visit(browser, server.url, { tolerates: REFUSED })
      const { page, context } = visitor
      await signIn(page, 'Ada')
      await conversationOn(page).box.fill('A draft of Ada')
      await expect.poll(() => page.evaluate(keptNames)).toContain('draft')
      await page.goto('about:blank')
      await context.clearCookies()
      await page.goto(server.url)
      await expect(page.getByRole('button', { name: 'Forgot the password?' })).toBeVisible()
      await page.reload()
      await signIn(page, 'Carol')
      await expect(page.getByRole('group', { name: 'Signed in' })).toHaveText('Carol')
      await expect(conversationOn(page).box).toHaveValue('')
      await expect.poll(() => page.evaluate(keptNames)).not.toContain('draft')
    })

    test('a guest keeps what they have when they make an account', async () => {
      const { browser, server } = getWorld()
      await using visitor = await visit(browser, server.url)
      const { page } = visitor
      const begin = page.getByRole('button', { name: 'Continue as a guest' })
      await expect(begin).toBeVisible()
      await cleanOnBoth(page, 'sign in')
      await begin.click()
      await expect(page.getByText('You are a guest.')).toBeVisible()
      await conversationOn(page).send(repeat('Said as a guest'))
      await expect(page.getByText('Answer complete')).toBeAttached()
      await conversationOn(page).box.fill('Typed as a guest')
      await cleanOnBoth(page, 'as a guest')
      await page.getByRole('button', { name: 'Create an account' }).click()
      await createAccount(page, 'Dora')
      await expect(page.getByText('You are a guest.')).toBeHidden()
      await expect(page.getByRole('group', { name: 'Signed in' })).toHaveText('Dora')
      await expect(conversationOn(page).answer.locator('.markdown')).toHaveText('Said as a guest')
      await expect(conversationOn(page).box).toHaveValue('Typed as a guest')
    })

    test('a guest who signs in to an account of before brings what they have, also when their login ended a moment earlier', async () => {
      const { browser, server } = getWorld()
      await using visitor = await visit(browser, server.url)
      const { page } = visitor
      await page.getByRole('button', { name: 'Continue as a guest' }).click()
      await conversationOn(page).send(repeat('Said before signing in'))
      await expect(page.getByText('Answer complete')).toBeAttached()
      await conversationOn(page).box.fill('Typed before signing in')
      // The server ends the guest's login when it makes the other one, whose cookie comes with the answer: that is held.
      await page.route('**/api/auth/sign-in/email', async (route) => {
        const request = route.request()
        const answer = await fetch(request.url(), {
          method: 'POST',
          headers: await request.allHeaders(),
          body: request.postData(),
        })
        await expect(page.getByRole('dialog', { name: 'Sign in again' })).toBeVisible()
        await route.fulfill({
          status: answer.status,
          headers: { 'set-cookie': answer.headers.getSetCookie().join('\n') },
          body: await answer.text(),
        })
      })
      await page.getByRole('button', { name: 'Sign in' }).click()
      const dialog = page.getByRole('dialog', { name: 'Keep what you have' })
      await dialog.getByRole('textbox', { name: 'Email' }).fill('dora@example.com')
      await dialog.getByRole('textbox', { name: 'Password' }).fill(PASSWORD)
      await dialog.getByRole('button', { name: 'Sign in', exact: true }).click()
      await expect(page.getByRole('group', { name: 'Signed in' })).toHaveText('Dora')
      const { answer, box } = conversationOn(page)
      await expect(answer.locator('.markdown')).toHaveText('Said before signing in')
      await expect(box).toHaveValue('Typed before signing in')
      const list = page.getByRole('navigation', { name: 'Sessions' })
      await expect(list.getByRole('link', { name: /Said as a guest/ })).toBeVisible()
    })
  })
}
