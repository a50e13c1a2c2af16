import type { Page } from '@playwright/test'
import { describe, test } from 'vitest'
import type { AccountsWorld } from '../support/browser/accounts-world.ts'
import { cleanOnBoth } from '../support/browser/axe.ts'
import { conversationOn, expect } from '../support/browser/conversation.ts'
import {
  authenticatorCode,
  createAccount,
  keptNames,
  PASSWORD,
  REFUSED,
  signIn,
} from '../support/browser/people.ts'
import { CONNECTION_TROUBLE, visit } from '../support/browser/visit.ts'

/** One's own account: its keys, its second factor, and its end. */
export function ownAccountStories(getWorld: () => AccountsWorld): void {
  describe('an account', () => {
    test('a key is shown once, is good for a program, and for nothing when it is revoked', async () => {
      const { browser, server } = getWorld()
      await using visitor = await visit(browser, `${server.url}/settings`)
      const { page } = visitor
      const refused = await refuseKeys(page)
      await page.reload()
      await signIn(page, 'Ada')
      refused.begin()
      await page.getByRole('textbox', { name: 'Name of the key' }).fill('a robot')
      await page.getByRole('combobox', { name: 'It may' }).selectOption('read')
      await page.getByRole('button', { name: 'Make a key' }).click()
      // The list shows the beginning of the key.
      const key = (await page.getByText(/^tl_[\w-]{43}$/).textContent()) ?? ''
      await cleanOnBoth(page, 'settings')
      const me = () =>
        fetch(`${server.url}/api/me`, { headers: { authorization: `Bearer ${key}` } })
      expect((await me()).status).toBe(200)
      // The list with it cannot be read, also not by the last try. The key is not shown a second time, so it stays.
      await expect.poll(refused.count).toBe(4)
      await expect(page.getByText(key)).toBeVisible()
      await page.reload()
      const problem = page.getByRole('alert').filter({ hasText: 'Not today' })
      await expect(problem).toBeVisible()
      refused.end()
      await problem.getByRole('button', { name: 'Try again' }).click()
      await expect(page.getByRole('list', { name: 'API keys' })).toContainText('a robot')
      await expect(page.getByText(key)).toHaveCount(0)
      await page.getByRole('button', { name: 'Revoke a robot' }).click()
      await expect(page.getByRole('list', { name: 'API keys' })).toBeHidden()
      expect((await me()).status).toBe(401)
    })

    test('with a second factor, signing in asks for a code of the app; and an account is gone when it is deleted', async () => {
      const { browser, server } = getWorld()
      await using visitor = await visit(browser, `${server.url}/settings`, {
        tolerates: new RegExp(`${REFUSED.source}|${CONNECTION_TROUBLE.source}`),
      })
      const { page, context } = visitor
      // A headless browser has no push service.
      await context.addInitScript(pretendPush)
      await page.reload()
      await page.getByRole('button', { name: 'Create an account' }).click()
      await createAccount(page, 'Finn')
      const section = page.getByRole('region', { name: 'Second factor' })
      await section.getByRole('textbox', { name: 'Password' }).fill(PASSWORD)
      await section.getByRole('button', { name: 'Set it up' }).click()
      const secret = (await section.locator('code').textContent()) ?? ''
      await cleanOnBoth(page, 'second factor')
      await section
        .getByRole('textbox', { name: 'Code from the app' })
        .fill(authenticatorCode(secret))
      await section.getByRole('button', { name: 'Turn it on' }).click()
      await expect(section.getByText('It is on.')).toBeVisible()
      const conversation = conversationOn(page)
      await page.getByRole('button', { name: 'New session' }).click()
      await page.context().setOffline(true)
      await expect(conversation.connection).toHaveText('Offline')
      await conversation.send('Repeat: not lost')
      await expect(page.getByText('Waiting for the connection')).toBeVisible()
      await page.getByRole('button', { name: 'Sign out' }).click()
      const unsent = page.getByRole('dialog', { name: 'Messages are not sent yet' })
      await expect(unsent).toContainText('A message is not sent yet')
      await unsent.getByRole('button', { name: 'Stay' }).click()
      await page.context().setOffline(false)
      await expect(conversation.answer.locator('.markdown')).toHaveText('not lost')
      await conversation.box.fill('A draft of Finn')
      await page.keyboard.press('Control+k')
      const palette = page.getByRole('dialog', { name: 'Command palette' })
      await palette.getByRole('combobox').fill('sign out')
      await palette.getByRole('option', { name: 'Sign out', exact: true }).click()

      await expect(page.getByRole('button', { name: 'Forgot the password?' })).toBeVisible()
      await expect(page.getByRole('dialog', { name: 'Sign in again' })).toHaveCount(0)
      await expect(page.getByText('not lost')).toHaveCount(0)
      await expect.poll(() => page.evaluate(keptNames)).not.toContain('draft')
      await signIn(page, 'Finn')
      await expect(page.getByRole('textbox', { name: 'Code' })).toBeFocused()
      await cleanOnBoth(page, 'code')
      await page.getByRole('textbox', { name: 'Code' }).fill(authenticatorCode(secret))
      await page.getByRole('button', { name: 'Sign in', exact: true }).click()
      await expect(conversationOn(page).box).toBeFocused()

      await page.getByRole('link', { name: 'Settings' }).click()
      await page.getByRole('button', { name: 'Delete my account' }).click()
      await cleanOnBoth(page, 'delete')
      await page.getByRole('textbox', { name: /^Type/ }).fill('delete')
      await page.getByRole('button', { name: 'Delete everything' }).click()
      await expect(page.getByRole('button', { name: 'Forgot the password?' })).toBeVisible()
      await signIn(page, 'Finn')
      await expect(page.getByRole('alert')).toHaveText(/invalid/i)
    })

    test('is left also when its connections end before it is said that it was deleted', async () => {
      const { browser, server } = getWorld()
      await using visitor = await visit(browser, `${server.url}/settings`, { tolerates: REFUSED })
      const { page } = visitor
      const silent = new Set<object>()
      const open = new Set<object>()
      await page.routeWebSocket(/\/trpc/, (socket) => {
        open.add(socket)
        socket.connectToServer().onMessage((message) => {
          if (!silent.has(socket)) socket.send(message)
        })
      })
      await page.reload()
      await page.getByRole('button', { name: 'Create an account' }).click()
      await createAccount(page, 'Gina')
      await page.getByRole('button', { name: 'Delete my account' }).click()
      await page.getByRole('textbox', { name: /^Type/ }).fill('delete')
      for (const socket of open) silent.add(socket)
      await page.getByRole('button', { name: 'Delete everything' }).click()
      await expect(page.getByRole('button', { name: 'Forgot the password?' })).toBeVisible()
      await expect(page.getByRole('dialog')).toHaveCount(0)
      await expect(page).toHaveURL(`${server.url}/`)
    })
  })
}

/** Answers some requests for the list of keys in place of the server, with an error. */
async function refuseKeys(page: Page) {
  let isOn = false
  let count = 0
  await page.routeWebSocket(/\/trpc/, (socket) => {
    const server = socket.connectToServer()
    socket.onMessage((message) => {
      const text = String(message)
      if (!isOn || !text.includes('"keys.list"')) return server.send(message)
      for (const request of [JSON.parse(text)].flat()) {
        if (request.params?.path !== 'keys.list') {
          server.send(JSON.stringify(request))
          continue
        }
        count += 1
        const error = {
          code: -32_603,
          message: 'Not today',
          data: { code: 'INTERNAL_SERVER_ERROR' },
        }
        socket.send(JSON.stringify({ id: request.id, error }))
      }
    })
  })
  return {
    begin: () => (isOn = true),
    end: () => (isOn = false),
    count: () => count,
  }
}

/** Runs in the page: it has a push subscription that the server knows. */
function pretendPush(): void {
  const subscription = { endpoint: 'https://push.example/1', unsubscribe: async () => true }
  const registration = { pushManager: { getSubscription: async () => subscription } }
  Object.assign(globalThis, { PushManager: class {} })
  Object.defineProperty(navigator, 'serviceWorker', {
    value: Object.assign(new EventTarget(), {
      register: async () => registration,
      getRegistration: async () => registration,
    }),
  })
}
