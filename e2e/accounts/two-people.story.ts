import { Buffer } from 'node:buffer'
import { chromium } from '@playwright/test'
import type { Browser, Page } from '@playwright/test'
import { afterAll, beforeAll, describe, inject, test } from 'vitest'
import { startServer, temporaryFolder } from '../../scripts/testing/server-process.ts'
import type { ServerProcess } from '../../scripts/testing/server-process.ts'
import { createTestDatabase } from '../../scripts/testing/postgres/test-database.ts'
import {
  conversationOn,
  expect,
  numberedWords,
  repeat,
  wordsOf,
} from '../support/browser/conversation.ts'
import { askAs, createAccount, setupLinkOf } from '../support/browser/people.ts'
import { visit } from '../support/browser/visit.ts'
import type { Visitor } from '../support/browser/visit.ts'
import { LONG_ANSWERS } from '../support/browser/world.ts'

type ReadOn = { sessionsRead: number }

/** The browser itself logs a 404, for example of somebody else's session. */
const NOT_FOUND = /status of 404/

let browser: Browser
/** Two nodes of one server: the same database, secret and files. */
let nodes: [ServerProcess, ServerProcess]
let [adas, bobs]: Visitor[] = []
const opened = new AsyncDisposableStack()

beforeAll(async () => {
  const { executablePath, args } = inject('chromium')
  const database = opened.use(await createTestDatabase())
  const folder = opened.use(await temporaryFolder())
  const settings = {
    ...LONG_ANSWERS,
    DATABASE_URL: database.url,
    DATA_DIR: folder.path,
    AUTH_MODE: 'accounts',
    AUTH_SIGNUP: 'open',
    AUTH_SECRET: 'a secret of this story, of more than 32 characters',
  }
  nodes = [opened.use(await startServer(settings)), opened.use(await startServer(settings))]
  browser = opened.use(await chromium.launch({ executablePath, args }))
  adas = opened.use(await visit(browser, await setupLinkOf(nodes[0]), { tolerates: NOT_FOUND }))
  await createAccount(adas.page, 'Ada')
  await expect(conversationOn(adas.page).box).toBeFocused()
  bobs = opened.use(await visit(browser, nodes[1].url, { tolerates: NOT_FOUND }))
  await bobs.page.getByRole('button', { name: 'Create an account' }).click()
  await createAccount(bobs.page, 'Bob')
  await expect(conversationOn(bobs.page).box).toBeFocused()
})
afterAll(() => opened.disposeAsync())

describe('two people in two browsers on two nodes', () => {
  test('see nothing of each other: by list, search, palette, link, file, share or request (P10)', async () => {
    const [ada, bob] = pages()
    const { box, send } = conversationOn(ada)
    await expect(box).toBeVisible()
    await ada.getByTestId('file-picker').setInputFiles({
      name: 'aardvark.png',
      mimeType: 'image/png',
      buffer: Buffer.from(PICTURE, 'base64'),
    })
    await send(repeat('Only for Ada: the aardvark'))
    await expect(ada.getByText('Answer complete')).toBeAttached()
    const picture = conversationOn(ada).questions.getByRole('img', { name: 'aardvark.png' })
    const source = (await picture.getAttribute('src')) ?? ''
    const session = new URL(ada.url()).pathname
    const { token } = (await asked('Ada', 'POST', '/api/share', {
      sessionId: session.split('/').at(-1),
    })) as { token: string }

    // The list, and what is found in it. Ada's own search shows that there is something to find.
    const list = bob.getByRole('navigation', { name: 'Sessions' })
    await expect(list.getByText('Your sessions will be listed here.')).toBeVisible()
    for (const [page, said] of [
      [ada, 'Only for Ada'],
      [bob, 'Nothing found'],
    ] as const) {
      const search = page.getByRole('searchbox', { name: 'Search sessions' })
      await search.fill('aardvark')
      await expect(page.getByRole('navigation', { name: 'Sessions' })).toContainText(said)
      await search.fill('')
    }
    await bob.keyboard.press('Control+k')
    const palette = bob.getByRole('dialog', { name: 'Command palette' })
    await palette.getByRole('combobox').fill('aardvark')
    await expect(palette.getByText('Nothing found')).toBeVisible()
    await expect(palette.getByRole('option')).toHaveCount(0)
    await bob.keyboard.press('Escape')

    // Addresses that Bob was told: of the session, of its file, on either node.
    const at = (index: 0 | 1, path: string) => new URL(path, nodes[index].url).href
    const { pathname: file } = new URL(source, ada.url())
    const statuses = (page: Page, paths: string[]) =>
      page.evaluate(
        (all) => Promise.all(all.map(async (path) => (await fetch(path)).status)),
        paths,
      )
    const addresses = [file, `/api${session.replace('/s/', '/session/')}`]
    expect(await statuses(ada, addresses)).toEqual([200, 200])
    expect(await statuses(bob, addresses)).toEqual([404, 404])
    await bob.goto(at(1, session))
    await expect(bob.getByText('This session does not exist')).toBeVisible()
    await expect(bob.getByText('aardvark')).toHaveCount(0)

    // A share is there for whoever has its link, with its file, until Ada revokes it: on each node.
    const shared = bob.getByRole('region', { name: 'Conversation' })
    await bob.goto(at(1, `/share/${token}`))
    await expect(shared.getByRole('img', { name: 'aardvark.png' })).toBeVisible()
    const src = await shared.getByRole('img', { name: 'aardvark.png' }).getAttribute('src')
    const { pathname: given } = new URL(src ?? '', bob.url())
    expect(await statuses(bob, [given])).toEqual([200])
    await asked('Ada', 'DELETE', `/api/share/${token}`)
    await bob.goto(at(1, `/share/${token}`))
    await expect(bob.getByText('This link does not work')).toBeVisible()
    expect(await statuses(bob, [given])).toEqual([404])
    // And what Bob asks of the other node by a login of his own is answered alike.
    const sessions = await asked('Bob', 'GET', '/api/session', undefined, nodes[0].url)
    expect(sessions).toEqual({ items: [], nextCursor: null })
    await bob.goto(at(1, '/'))
  })

  test('talk at once, and one who signs out closes no connection of the other (P10)', async () => {
    const [ada, bob] = pages()
    await ada.getByRole('button', { name: 'New session' }).click()
    await expect(conversationOn(bob).box).toBeVisible()
    const ask = await askAs(nodes[0].url, 'Ada')
    // The numbers of sessions that are read on each node, in ascending order. Ada is the first person, and so an admin.
    const sessionsRead = async () => {
      const { items } = (await ask('GET', '/api/admin/nodes')) as { items: ReadOn[] }
      return items.map((node) => node.sessionsRead).sort((a, b) => a - b)
    }
    let closed = 0
    ada.on('websocket', (socket) => socket.on('close', () => (closed += 1)))
    await ada.reload()
    await bob.reload()
    await expect(conversationOn(bob).box).toBeFocused()
    closed = 0
    const [long, short] = [numberedWords(3_000), numberedWords(40)]
    const [hers, his] = [conversationOn(ada), conversationOn(bob)]
    await Promise.all([hers.send(repeat(long)), his.send(repeat(short))])
    await Promise.all([hers.untilWords(20), his.untilWords(40)])
    await expect(bob.getByText('Answer complete')).toBeAttached()
    expect(await sessionsRead()).toEqual([1, 1])
    expect(wordsOf(await his.text())).toEqual(short.split(' '))
    await expect(ada.getByRole('navigation', { name: 'Sessions' })).not.toContainText('word40 ')

    await bob.getByRole('button', { name: 'Sign out' }).click()
    await expect(bob.getByRole('button', { name: 'Forgot the password?' })).toBeVisible()
    // Playwright tells of no socket that ends while its page is left, so the nodes are asked.
    await expect.poll(sessionsRead).toEqual([0, 1])
    // In the middle of her answer, which goes on.
    await expect(hers.stopButton).toBeVisible()
    await hers.untilWords(wordsOf(await hers.text()).length + 5)
    await hers.stopButton.click()
    await expect(hers.stopButton).toBeHidden()
    // The last word may be cut.
    const kept = wordsOf(await hers.text()).join(' ')
    expect(long.slice(0, kept.length)).toBe(kept)
    await hers.send(repeat('still here'))
    await expect(hers.answer.locator('.markdown')).toHaveText('still here')
    expect(closed).toBe(0)
    await expect(ada.getByRole('group', { name: 'Signed in' })).toHaveText('Ada')
    // The next person who signs in on that browser finds none of Bob's sessions: neither in the list nor under its
    // address.
    await expect(bob.getByText('word40')).toHaveCount(0)
  })
})

function pages(): [Page, Page] {
  if (!adas || !bobs) throw new Error('both were to be there')
  return [adas.page, bobs.page]
}

/** Asks the REST interface of a node as one of the two. */
async function asked(
  name: string,
  method: string,
  path: string,
  body?: object,
  url = nodes[1].url,
): Promise<unknown> {
  const ask = await askAs(url, name)
  return ask(method, path, body)
}

/** A red picture of two by two pixels. */
const PICTURE =
  'iVBORw0KGgoAAAANSUhEUgAAAAIAAAACCAIAAAD91JpzAAAAEElEQVR4nGP4z8AARAwQCgAf7gP9i18U1AAAAABJRU5ErkJggg=='
