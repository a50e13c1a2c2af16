import { describe, test } from 'vitest'
import { startServer } from '../../scripts/testing/server-process.ts'
import { conversationOn, expect, numberedWords, repeat } from '../support/browser/conversation.ts'
import { importedSession } from '../support/browser/imported-session.ts'
import { startTcpProxy } from '../support/faults/tcp-proxy.ts'
import { CONNECTION_TROUBLE, visit } from '../support/browser/visit.ts'
import { LONG_ANSWERS } from '../support/browser/world.ts'
import type { World } from '../support/browser/world.ts'

/** The app and conversations in the browser's cache. */
export function deviceStories(getWorld: () => World): void {
  describe('on the device', () => {
    test('the app opens without the server, with the sessions that were read, and goes on from there (P2)', async () => {
      const { browser, port, url } = getWorld()
      const read = await importedSession(url, 'Read before', ['Is it kept?', 'It is kept.'])
      await using proxy = await startTcpProxy(port)
      await using visitor = await visit(browser, `${proxy.url}/s/${read}`, {
        tolerates: CONNECTION_TROUBLE,
        serviceWorkers: 'allow',
      })
      const { page } = visitor
      const conversation = conversationOn(page)
      await expect(conversation.answer).toContainText('It is kept.')
      await page.evaluate(() => navigator.serviceWorker.ready.then(() => undefined))
      await page.reload()
      await expect(conversation.answer).toContainText('It is kept.')
      await expect.poll(() => page.evaluate(keptSessions)).toContain(read)

      await proxy.cut()
      await page.reload()
      await expect(conversation.answer).toContainText('It is kept.')
      await expect(conversation.connection).toHaveText('Reconnecting')
      const list = page.getByRole('navigation', { name: 'Sessions' })
      await expect(list.getByRole('link', { name: 'Read before' })).toBeVisible()
      // Also the first message of a new one, through a reload without a server.
      await page.getByRole('button', { name: 'New session' }).click()
      await conversation.send('Repeat: from nowhere')
      await expect(conversation.questions).toContainText('Waiting for the connection')
      await page.reload()
      await expect(conversation.questions).toContainText('Repeat: from nowhere')
      await expect(conversation.questions).toContainText('Waiting for the connection')
      await proxy.mend()
      await expect(conversation.answer.locator('.markdown')).toHaveText('from nowhere')
      await expect.poll(conversation.turns).toEqual(['Repeat: from nowhere', 'from nowhere'])

      await list.getByRole('link', { name: 'Read before' }).click()
      await conversation.send('Repeat: and on')
      await expect(conversation.answer.locator('.markdown')).toHaveText('and on')
    })

    test('the app opens without the server after the first visit, with the parts that were never used', async () => {
      const { browser, port } = getWorld()
      await using proxy = await startTcpProxy(port)
      await using visitor = await visit(browser, proxy.url, {
        tolerates: CONNECTION_TROUBLE,
        serviceWorkers: 'allow',
      })
      const { page } = visitor
      await expect(page.getByText('Connected')).toBeVisible()
      const isControlled = () => page.evaluate(() => navigator.serviceWorker.controller !== null)
      await expect.poll(isControlled).toBe(true)
      await proxy.cut()
      await page.reload()
      await expect(conversationOn(page).box).toBeVisible()
      await page.keyboard.press('ControlOrMeta+k')
      await expect(page.getByRole('dialog')).toBeVisible()
      await page.keyboard.press('Escape')
      await page.goto(new URL(`/s/${crypto.randomUUID()}`, proxy.url).href)
      await expect(page.getByText('This session is not on this device.')).toBeVisible()
      await page.goto(new URL('/settings', proxy.url).href)
      await expect(page.getByRole('heading', { name: 'Settings' })).toBeVisible()
    })

    test('a session is shown before the server has answered, and an answer goes on from where it was (P2)', async () => {
      const { browser, url } = getWorld()
      await using visitor = await visit(browser, url)
      const { page, context } = visitor
      const conversation = conversationOn(page)
      const words = numberedWords(700)
      await conversation.send(repeat(words))
      await conversation.untilWords(60)
      const id = new URL(page.url()).pathname.split('/').at(-1) ?? ''
      // The cache is written some moments after the page. The question has these words once.
      const kept = async () => (await page.evaluate(keptText, id)).split('word40 word41').length - 1
      await expect.poll(kept).toBe(2)
      const other = await context.newPage()
      // Everything is answered but the socket, which waits: only the device can show the text.
      let release = (): void => {}
      const held = new Promise<void>((resolve) => {
        release = resolve
      })
      await other.routeWebSocket(/\/trpc/, async (socket) => {
        await held
        socket.connectToServer()
      })
      await other.goto(page.url())
      const cached = conversationOn(other)
      await cached.untilWords(40)
      release()
      await expect(cached.connection).toHaveText('Connected')
      await expect(cached.stopButton).toBeHidden()
      expect(await cached.text()).toBe(words)
    })

    test('nothing is shown of another person, or of what was signed out', async () => {
      const { browser, url } = getWorld()
      const read = await importedSession(url, 'Private', ['Mine?', 'Only yours.'])
      await using visitor = await visit(browser, `${url}/s/${read}`)
      const { page, context } = visitor
      await expect(conversationOn(page).answer).toContainText('Only yours.')
      await expect.poll(() => page.evaluate(keptSessions)).toContain(read)
      const other = await context.newPage()
      await other.routeWebSocket(/\/trpc/, () => {})
      await page.evaluate(() => localStorage.setItem('throughline.person', 'somebody else'))
      await other.goto(`${url}/s/${read}`)
      await expect(other.getByText('Opening…')).toBeVisible()
      await expect(other.getByText('Only yours.')).toHaveCount(0)
      await expect(other.getByRole('link', { name: 'Private' })).toHaveCount(0)
    })

    test('a part that the server no longer has is offered by a reload, and nothing typed is lost by that', async () => {
      const { browser, url } = getWorld()
      await using visitor = await visit(browser, url, { tolerates: /status of 404/ })
      const { page } = visitor
      const { box } = conversationOn(page)
      const opener = page.getByRole('button', { name: 'Command palette' })
      await box.fill('Written before')
      const script = '**/assets/palette-*.js'
      await page.route(script, (route) => route.fulfill({ status: 404 }))
      await opener.click()
      const notice = page.getByText('A part of this app could not be loaded.')
      await expect(notice).toBeVisible()
      await page.getByRole('button', { name: 'Reload', exact: true }).click()
      await expect(box).toHaveValue('Written before')
      await page.unroute(script)
      await expect(notice).toBeHidden()
      await opener.click()
      await expect(page.getByRole('dialog')).toBeVisible()
    })

    test('a part that the network lost comes by itself', async () => {
      const { browser, url } = getWorld()
      await using visitor = await visit(browser, url, { tolerates: CONNECTION_TROUBLE })
      const { page } = visitor
      const script = '**/assets/palette-*.js'
      await page.route(script, (route) => route.abort())
      const opener = page.getByRole('button', { name: 'Command palette' })
      await Promise.all([page.waitForEvent('requestfailed'), opener.click()])
      await page.unroute(script)
      await expect(page.getByRole('dialog')).toBeVisible()
    })

    test('a page of an old build says that there is a new one, and is never old from its start', async () => {
      const { browser } = getWorld()
      await using server = await startServer({ DATA_DIR: 'memory:', ...LONG_ANSWERS })
      await using proxy = await startTcpProxy(server.port)
      await using visitor = await visit(browser, proxy.url, { tolerates: CONNECTION_TROUBLE })
      const { page, context } = visitor
      await expect(conversationOn(page).connection).toHaveText('Connected')
      await expect(page.getByText('There is a new version')).toBeHidden()
      await context.route('**/build.json', (route) =>
        route.fulfill({ json: { build: 'the next', files: [] } }),
      )
      await proxy.cut()
      await expect(conversationOn(page).connection).toHaveText('Reconnecting')
      await proxy.mend()
      await expect(page.getByText('There is a new version')).toBeVisible()
      // A page that begins old is loaded again, once.
      const loads: string[] = []
      page.on('load', () => loads.push(page.url()))
      await page.getByRole('button', { name: 'Reload' }).click()
      await expect.poll(() => loads.length).toBe(2)
      await expect(page.getByText('There is a new version')).toBeVisible()
    })
  })
}

/** Runs in the page: what the browser keeps of a session, as JSON; empty for nothing. */
async function keptText(id: string): Promise<string> {
  const found = await indexedDB.databases()
  if (!found.some(({ name }) => name === 'throughline-cache')) return ''
  return new Promise((resolve, reject) => {
    const opening = indexedDB.open('throughline-cache')
    opening.onerror = () => reject(opening.error)
    opening.onsuccess = () => {
      const database = opening.result
      const kept: IDBRequest<{ json: string } | undefined> = database
        .transaction('sessions')
        .objectStore('sessions')
        .get(id)
      kept.onsuccess = () => {
        database.close()
        resolve(kept.result?.json ?? '')
      }
    }
  })
}

/** Runs in the page: the ids of the sessions that the browser keeps. */
async function keptSessions(): Promise<IDBValidKey[]> {
  const found = await indexedDB.databases()
  if (!found.some(({ name }) => name === 'throughline-cache')) return []
  return new Promise((resolve, reject) => {
    const opening = indexedDB.open('throughline-cache')
    opening.onerror = () => reject(opening.error)
    opening.onsuccess = () => {
      const database = opening.result
      const keys = database.transaction('sessions').objectStore('sessions').getAllKeys()
      keys.onsuccess = () => {
        database.close()
        resolve(keys.result)
      }
    }
  })
}
