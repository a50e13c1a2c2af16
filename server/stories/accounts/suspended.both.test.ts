import { request } from 'node:http'
import { expect, test } from 'vitest'
import { askFirst } from '../../testing/ask-first.ts'
import { onEachStorage } from '../../testing/each-storage.ts'
import { startAccounts } from '../../testing/clients/people.ts'
import type { PeopleApp, Person } from '../../testing/clients/people.ts'

/** The limit of P10. Milliseconds. */
const SOON = { timeout: 5_000 }

const ENV = { AUTH_SIGNUP: 'open', LIMIT_RUNS_AT_ONCE: '2' }

/**
 * Starts three answers of Bob: one with a queued message, one that waits for an approval, and one that waits for its
 * turn.
 */
async function busy(app: PeopleApp, bob: Person) {
  const post = async (path: string, body: object) =>
    (await app.ask(`/api${path}`, { token: bob.token, body })).body as Record<string, string>
  const ask = async (id: string | undefined, text: string) => {
    await post(`/session/${id}/messages`, { text })
    return id
  }
  const talk = async (title?: string) => (await post('/session', title ? { title } : {})).id
  const shared = await talk()
  app.model.plan('An answer.')
  await ask(shared, 'First')
  const writing = await app.model.nextWriting()
  const { token: share } = await post('/share', { sessionId: shared ?? '' })
  await ask(await talk('waits'), 'Do it')
  const asking = await app.model.nextCall()
  asking.callTools({ name: 'ask_first', arguments: {} })
  await expect.poll(() => statuses(app)).toContain('waiting')
  const going = await talk('goes')
  await ask(going, 'Tell me')
  const call = await app.model.nextCall()
  call.say('So ')
  await ask(going, 'And then?')
  await ask(await talk('goes too'), 'And me')
  const other = await app.model.nextCall()
  await ask(await talk('waits its turn'), 'And me, later')
  await expect
    .poll(() => statuses(app))
    .toEqual(['completed', 'queued', 'queued', 'running', 'running', 'waiting'])
  return { writing, share, calls: [call, other] }
}

async function statuses({ services }: PeopleApp): Promise<string[]> {
  const rows = await services.database.db.selectFrom('runs').select('status').execute()
  return rows.map(({ status }) => status).toSorted()
}

/** Sends half of a file; resolves when the connection ends. */
function halfAnUpload(url: string, token: string): { sent: Promise<void>; cut: Promise<void> } {
  const sent = Promise.withResolvers<void>()
  const cut = Promise.withResolvers<void>()
  const upload = request(`${url}/api/files?name=half.txt`, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${token}`,
      'content-type': 'application/octet-stream',
      'content-length': 1_000_000,
    },
  })
  upload.on('error', () => undefined)
  upload.on('close', () => cut.resolve())
  upload.write(Buffer.alloc(500_000), () => sent.resolve())
  return { sent: sent.promise, cut: cut.promise }
}

onEachStorage((database, openStorage) => {
  test.each(['suspending', 'deleting'])(
    `%s a person ends what they have under way, on every node, and asks the model nothing more (P10, ${database})`,
    async (how) => {
      await using storage = await openStorage()
      await using opened = new AsyncDisposableStack()
      const app = opened.use(await startAccounts(storage, { env: ENV, tools: [askFirst] }))
      const other =
        database === 'Postgres' ? opened.use(await startAccounts(storage, { env: ENV })) : app
      if (other !== app) await Promise.all([app.untilOthers(), other.untilOthers()])
      const ada = await app.setUp()
      const bob = await app.signUp('bob@example.com')
      const { id } = (await app.ask('/api/me', { token: bob.token })).body as { id: string }
      const { writing, share, calls } = await busy(app, bob)
      const upload = halfAnUpload(app.url, bob.token)
      await upload.sent
      const shareStatus = async () => (await other.ask(`/api/share/${share}`)).status
      expect(await shareStatus()).toBe(200)
      const asked = [app.model.asked, app.model.askedToWrite]

      const path = `/api/admin/users/${id}`
      const by = { token: ada.token }
      const done =
        how === 'suspending'
          ? await other.ask(path, { ...by, method: 'PATCH', body: { suspended: true } })
          : await other.ask(path, { ...by, method: 'DELETE' })
      expect(done.status).toBe(200)
      await upload.cut
      for (const { signal } of [...calls, writing]) {
        await expect.poll(() => signal.aborted, SOON).toBe(true)
      }
      if (how === 'suspending') {
        await expect.poll(() => statuses(app), SOON).toEqual(['completed', ...stopped(5)])
      } else {
        await expect.poll(() => statuses(app), SOON).toEqual([])
      }
      expect(await shareStatus()).toBe(404)
      expect((await app.ask('/api/me', { token: bob.token })).status).not.toBe(200)
      if (how === 'suspending') {
        await other.ask(path, { ...by, method: 'PATCH', body: { suspended: false } })
        expect(await shareStatus()).toBe(200)
        expect((await app.ask('/api/me', { token: bob.token })).status).toBe(200)
      }
      expect([app.model.asked, app.model.askedToWrite]).toEqual(asked)
      expect(other === app ? 0 : other.model.asked).toBe(0)
    },
  )
})

function stopped(count: number): string[] {
  return Array.from({ length: count }, () => 'stopped')
}
