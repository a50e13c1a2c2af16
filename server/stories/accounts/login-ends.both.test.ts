import { expect, test } from 'vitest'
import { suspendUser } from '../../../db/queries/testing.ts'
import { UserId } from '../../../shared/contract/ids.ts'
import { onEachStorage } from '../../testing/each-storage.ts'
import { connections } from '../../testing/clients/open-connection.ts'
import type { OpenConnection } from '../../testing/clients/open-connection.ts'
import { startAccounts } from '../../testing/clients/people.ts'
import type { PeopleApp, Person } from '../../testing/clients/people.ts'

/** The limit of P10. Milliseconds. */
const SOON = { timeout: 5_000 }

type Ending = (
  app: PeopleApp,
  bob: Person,
) => Promise<{ token: string; cookie?: string; end(): Promise<unknown> }>

const endings: Record<string, Ending> = {
  'signing out': async (app, bob) => {
    const other = await app.signIn(bob.email)
    return {
      ...{ token: other.token, cookie: other.cookie },
      end: () => app.ask('/api/auth/sign-out', { cookie: other.cookie, body: {} }),
    }
  },
  'signing out elsewhere': async (app, bob) => {
    const other = await app.signIn(bob.email)
    const { body } = await app.ask('/api/login', { token: other.token })
    const current = (body as { id: string; current: boolean }[]).find((one) => one.current)
    const path = `/api/login/${current?.id}`
    return {
      token: other.token,
      end: () => app.ask(path, { token: bob.token, method: 'DELETE' }),
    }
  },
  'ending a key': async (app, bob) => {
    const { body } = await app.ask('/api/key', { token: bob.token, body: { name: 'a key' } })
    const { id, key } = body as { id: string; key: string }
    return {
      token: key,
      end: () => app.ask(`/api/key/${id}`, { token: bob.token, method: 'DELETE' }),
    }
  },
  'the end of a key’s time': async (app, bob) => {
    const expiresAt = new Date(Date.parse(app.services.now()) + 1_500).toISOString()
    const { body } = await app.ask('/api/key', {
      token: bob.token,
      body: { name: 'a short key', expiresAt },
    })
    const { key } = body as { key: string }
    return {
      token: key,
      end: () => expect.poll(() => app.services.now() > expiresAt, SOON).toBe(true),
    }
  },
  'another password': async (app, bob) => {
    const other = await app.signIn(bob.email)
    return {
      token: other.token,
      end: () =>
        app.ask('/api/auth/change-password', {
          cookie: bob.cookie,
          body: {
            currentPassword: bob.password,
            newPassword: `${bob.password}!`,
            revokeOtherSessions: true,
          },
        }),
    }
  },
}

async function connectAll(app: PeopleApp, token: string, id: string): Promise<OpenConnection[]> {
  return Promise.all(Object.values(connections).map((open) => open(app.url, token, id)))
}

function ended(open: OpenConnection[]): OpenConnection['ended'][] {
  return open.map((connection) => connection.ended)
}

onEachStorage((database, openStorage) => {
  test.each(Object.keys(endings))(
    `%s closes that login’s connections, and no others (P10, ${database})`,
    async (name) => {
      await using storage = await openStorage()
      await using app = await startAccounts(storage, { env: { AUTH_SIGNUP: 'open' } })
      await app.setUp()
      const bob = await app.signUp('bob@example.com')
      const { body } = await app.ask('/api/session', { token: bob.token, body: {} })
      const { id } = body as { id: string }
      const ending = await endings[name]?.(app, bob)
      if (!ending) throw new Error(`there is no ending ${name}`)
      const going = await connectAll(app, ending.token, id)
      // A change of the password renews the login that makes it.
      const { token } = name === 'another password' ? await app.beKey(bob) : bob
      const staying = await connectAll(app, token, id)
      await ending.end()
      await expect.poll(() => ended(going), SOON).toEqual([4401, 4401, 'cut'])
      expect(ended(staying)).toEqual([null, null, null])
      expect((await app.ask('/api/me', { token: ending.token })).status).toBe(401)
      // A cookie that somebody kept is as good as none.
      if (ending.cookie !== undefined) {
        expect((await app.ask('/api/me', { cookie: ending.cookie })).status).toBe(401)
      }
      staying.forEach((connection) => connection.close())
    },
  )

  test(`suspending and deleting close all of a person’s connections, and nobody else’s (P10, ${database})`, async () => {
    await using storage = await openStorage()
    await using app = await startAccounts(storage, { env: { AUTH_SIGNUP: 'open' } })
    const ada = await app.setUp()
    const { db } = app.services.database
    const connected = async (person: Person) => {
      const { body } = await app.ask('/api/session', { token: person.token, body: {} })
      const { id } = body as { id: string }
      return { id, open: await connectAll(app, person.token, id) }
    }
    const [bob, carol] = [await app.signUp('b@example.com'), await app.signUp('c@example.com')]
    const [hers, bobs, carols] = [
      await connected(ada),
      await connected(bob),
      await connected(carol),
    ]
    const me = (await app.ask('/api/me', { token: bob.token })).body as { id: string }

    await suspendUser(db, UserId.parse(me.id), app.services.now())
    await expect.poll(() => ended(bobs.open), SOON).toEqual([4403, 4403, 'cut'])
    expect((await app.ask('/api/me', { token: bob.token })).status).toBe(403)
    expect(
      (
        await app.ask('/api/auth/sign-in/email', {
          body: { email: bob.email, password: bob.password },
        })
      ).status,
    ).toBe(403)

    const deleted = await app.ask('/api/account', { token: carol.token, method: 'DELETE' })
    expect(deleted).toMatchObject({ status: 200, body: { deleted: true } })
    await expect.poll(() => ended(carols.open).includes(null), SOON).toBe(false)
    expect((await app.ask(`/api/session/${carols.id}`, { token: ada.token })).status).toBe(404)
    for (const table of ['users', 'auth_users', 'sessions'] as const) {
      const rows = await db.selectFrom(table).selectAll().execute()
      expect(JSON.stringify(rows)).not.toContain(carol.email)
      expect(JSON.stringify(rows)).not.toContain(carols.id)
    }

    const last = await app.ask('/api/account', { token: ada.token, method: 'DELETE' })
    expect(last).toMatchObject({ status: 409, body: { code: 'CONFLICT' } })
    expect(ended(hers.open)).toEqual([null, null, null])
    hers.open.forEach((connection) => connection.close())
  })
})
