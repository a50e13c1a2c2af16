import { chromium } from '@playwright/test'
import type { Browser, Page } from '@playwright/test'
import { afterAll, beforeAll, describe, inject, test } from 'vitest'
import { startServer } from '../scripts/testing/server-process.ts'
import type { ServerProcess } from '../scripts/testing/server-process.ts'
import { downloaded } from './support/downloaded.ts'
import { clean } from './support/axe.ts'
import { conversationOn, expect, numberedWords, repeat, wordsOf } from './support/conversation.ts'
import {
  askAs,
  authenticatorCode,
  createAccount,
  PASSWORD,
  setupLinkOf,
  signIn,
} from './support/people.ts'
import { CONNECTION_TROUBLE, visit } from './support/visit.ts'
import { LONG_ANSWERS } from './support/world.ts'

const phone = { width: 390, height: 844 }
const desk = { width: 1280, height: 800 }
/** What the browser itself logs of a wrong password, or of asking who one is as nobody. */
const REFUSED = /status of 40[0139]/

let browser: Browser
let server: ServerProcess
let setupLink = ''
const opened = new AsyncDisposableStack()

beforeAll(async () => {
  const { executablePath, args } = inject('chromium')
  const settings = { AUTH_MODE: 'accounts', AUTH_SIGNUP: 'open', AUTH_GUESTS: 'true' }
  server = opened.use(await startServer({ DATA_DIR: 'memory:', ...settings, ...LONG_ANSWERS }))
  browser = opened.use(await chromium.launch({ executablePath, args }))
  setupLink = await setupLinkOf(server)
  await using visitor = await visit(browser, setupLink)
  const { page } = visitor
  await cleanOnBoth(page, 'set up')
  await createAccount(page, 'Ada')
  await expect(conversationOn(page).box).toBeFocused()
})
afterAll(() => opened.disposeAsync())

describe('people', () => {
  test('the setup link works once, and who signs up later sees nothing of the first', async () => {
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
    await using visitor = await visit(browser, server.url, { tolerates: REFUSED })
    const { page, context } = visitor
    await signIn(page, 'Ada')
    await conversationOn(page).box.fill('A draft of Ada')
    await expect.poll(() => page.evaluate(kept)).toContain('draft')
    await page.goto('about:blank')
    await context.clearCookies()
    await page.goto(server.url)
    await expect(page.getByRole('button', { name: 'Forgot the password?' })).toBeVisible()
    await page.reload()
    await signIn(page, 'Carol')
    await expect(page.getByRole('group', { name: 'Signed in' })).toHaveText('Carol')
    await expect(conversationOn(page).box).toHaveValue('')
    await expect.poll(() => page.evaluate(kept)).not.toContain('draft')
  })

  test('a guest keeps what they have when they make an account', async () => {
    await using visitor = await visit(browser, server.url)
    const { page } = visitor
    await cleanOnBoth(page, 'sign in')
    await page.getByRole('button', { name: 'Continue as a guest' }).click()
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

  test('a key is shown once, is good for a program, and for nothing when it is revoked', async () => {
    await using visitor = await visit(browser, `${server.url}/settings`)
    const { page } = visitor
    await signIn(page, 'Ada')
    await page.getByRole('textbox', { name: 'Name of the key' }).fill('a robot')
    await page.getByRole('combobox', { name: 'It may' }).selectOption('read')
    await page.getByRole('button', { name: 'Make a key' }).click()
    // The list shows the beginning of it.
    const key = (await page.getByText(/^tl_[\w-]{43}$/).textContent()) ?? ''
    await cleanOnBoth(page, 'settings')
    const me = () => fetch(`${server.url}/api/me`, { headers: { authorization: `Bearer ${key}` } })
    expect((await me()).status).toBe(200)
    await page.reload()
    await expect(page.getByRole('list', { name: 'API keys' })).toContainText('a robot')
    await expect(page.getByText(key)).toHaveCount(0)
    await page.getByRole('button', { name: 'Revoke a robot' }).click()
    await expect(page.getByRole('list', { name: 'API keys' })).toBeHidden()
    expect((await me()).status).toBe(401)
  })

  test('with a second factor, signing in asks for a code of the app; and an account is gone when it is deleted', async () => {
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
    await page.getByRole('button', { name: 'Sign out' }).click()

    await expect(page.getByRole('button', { name: 'Forgot the password?' })).toBeVisible()
    await expect(page.getByRole('dialog', { name: 'Sign in again' })).toHaveCount(0)
    await expect(page.getByText('not lost')).toHaveCount(0)
    await expect.poll(() => page.evaluate(kept)).not.toContain('draft')
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

  test('an administrator invites, suspends and lets in again; others have no such page', async () => {
    await using adas = await visit(browser, `${server.url}/admin`)
    const { page } = adas
    await signIn(page, 'Ada')
    await page.getByRole('button', { name: 'Invite' }).click()
    const link = (await page.getByText(/\/invite\?token=/).textContent()) ?? ''
    await cleanOnBoth(page, 'people')

    await using guests = await visit(browser, link, { tolerates: REFUSED })
    await createAccount(guests.page, 'Grace')
    await expect(guests.page.getByRole('group', { name: 'Signed in' })).toHaveText('Grace')
    await expect(guests.page.getByRole('link', { name: 'Admin' })).toHaveCount(0)
    await guests.page.goto(`${server.url}/admin`)
    await expect(guests.page.getByText('This page is for administrators')).toBeVisible()

    await page.reload()
    await page.getByRole('button', { name: 'Change Grace' }).click()
    await cleanOnBoth(page, 'a person')
    await page.getByRole('button', { name: 'Suspend' }).click()
    await expect(guests.page.getByText('This account is suspended').first()).toBeVisible()
    await page.getByRole('button', { name: 'Let in again' }).click()
    await expect(page.getByRole('button', { name: 'Suspend' })).toBeVisible()
    await page.getByRole('button', { name: 'Close' }).click()
    for (const [part, sign] of [
      ['Usage', page.getByRole('radiogroup', { name: 'Usage by' })],
      ['Server', page.getByRole('group', { name: 'Limits in force' })],
      ['Audit log', page.getByRole('group', { name: 'Audit log' })],
    ] as const) {
      await page.getByRole('radio', { name: part }).check()
      await expect(sign).toBeVisible()
      await cleanOnBoth(page, part)
    }
    await expect(page.getByRole('group', { name: 'Audit log' })).toContainText('user suspended')
    const lines = await downloaded(page, () =>
      page.getByRole('button', { name: 'Export as JSON lines' }).click(),
    )
    const entries = lines
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line))
    expect(entries).toContainEqual(expect.objectContaining({ action: 'user.suspended' }))
  })

  test('has no fault that axe finds on the pages that links lead to', async () => {
    await using visitor = await visit(browser, server.url)
    const { page } = visitor
    for (const path of ['/invite?token=1', '/reset?token=1', '/verify?token=1']) {
      await page.goto(server.url + path)
      await expect(page.getByRole('main').getByRole('button').first()).toBeVisible()
      await cleanOnBoth(page, path)
    }
    await page.goto(server.url)
    await page.getByRole('button', { name: 'Forgot the password?' }).click()
    await expect(page.getByText('This server sends no mail.')).toBeVisible()
    await cleanOnBoth(page, 'forgot')
  })
})

/** Runs in the page: the names of what it keeps. */
function kept(): string {
  return Object.keys(localStorage).join(' ')
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

async function cleanOnBoth(page: Page, state: string): Promise<void> {
  await page.emulateMedia({ reducedMotion: 'reduce' })
  await page.setViewportSize(phone)
  await clean(page, `${state} on a phone`)
  await page.setViewportSize(desk)
  await clean(page, state)
}
