import { sql } from 'kysely'
import { expect, test } from 'vitest'
import { onEachStorage } from '../../testing/each-storage.ts'
import { startOpenIdProvider } from '../../testing/services/openid-provider.ts'
import { cookiesOf, startAccounts } from '../../testing/clients/people.ts'
import type { PeopleApp } from '../../testing/clients/people.ts'

const ADA = { sub: 'employee-1', name: 'Ada', email: 'ada@example.com', email_verified: true }

/** Signs in like a browser: it is redirected to the provider, and comes back with a code. */
async function signIn(app: PeopleApp): Promise<{ cookie: string; location: string }> {
  const begun = await app.ask('/api/auth/sign-in/social', {
    body: { provider: 'oidc', callbackURL: '/s/after' },
  })
  const { url } = begun.body as { url: string }
  expect(url).toContain(encodeURIComponent('/api/auth/callback/oidc'))
  const there = await fetch(url, { redirect: 'manual' })
  const back = new URL(there.headers.get('location') ?? '')
  const returned = await app.ask(back.pathname + back.search, {
    cookie: cookiesOf(begun.headers),
  })
  return { cookie: cookiesOf(returned.headers), location: returned.headers.get('location') ?? '' }
}

onEachStorage((database, openStorage) => {
  test(`people sign in by an OpenID Connect issuer, with PKCE, as the same person each time (${database})`, async () => {
    await using provider = await startOpenIdProvider()
    await using storage = await openStorage()
    await using app = await startAccounts(storage, {
      env: { ...provider.env, AUTH_SIGNUP: 'open' },
    })
    const options = await app.ask('/api/sign-in-options')
    expect(options.body).toMatchObject({ providers: [{ id: 'oidc', name: 'Acme' }] })
    provider.signInAs(ADA)
    const { cookie, location } = await signIn(app)
    expect(location).toMatch(/\/s\/after$/)
    const me = await app.ask('/api/me', { cookie })
    expect(me.body).toMatchObject({ name: 'Ada', email: 'ada@example.com', role: 'admin' })
    const again = await app.ask('/api/me', { cookie: (await signIn(app)).cookie })
    expect(again.body).toEqual(me.body)
    provider.signInAs({ ...ADA, sub: 'employee-2', name: 'Bob', email: 'bob@example.com' })
    const bob = await app.ask('/api/me', { cookie: (await signIn(app)).cookie })
    expect(bob.body).toMatchObject({ name: 'Bob', role: 'member' })
    const { body } = await app.ask('/api/admin/audit', { cookie })
    const { items } = body as { items: { action: string; detail: object }[] }
    const logins = items.filter(({ action }) => action === 'login.succeeded')
    expect(logins.map(({ detail }) => detail)).toEqual(Array(3).fill({ method: 'oidc' }))
  })

  test(`whom the issuer refuses, or nobody invited, gets no login (${database})`, async () => {
    await using provider = await startOpenIdProvider()
    await using storage = await openStorage()
    await using app = await startAccounts(storage, { env: provider.env })
    await app.setUp('owner@example.com')
    provider.signInAs(null)
    const refused = await signIn(app)
    expect(refused.location).toContain('error=access_denied')
    expect((await app.ask('/api/me', { cookie: refused.cookie })).status).toBe(401)
    provider.signInAs(ADA)
    const uninvited = await signIn(app)
    expect(uninvited.location).toContain('error=')
    expect((await app.ask('/api/me', { cookie: uninvited.cookie })).status).toBe(401)
  })

  // The row of the account is inserted, and the one that belongs to it fails.
  test.each(['auth_users', 'auth_accounts'])(
    `an account that could not be made leaves its invitation to be used, and nothing else (%s, ${database})`,
    async (table) => {
      await using provider = await startOpenIdProvider()
      await using storage = await openStorage()
      await using app = await startAccounts(storage, { env: provider.env })
      const owner = await app.setUp('owner@example.com')
      const invited = await app.ask('/api/admin/invites', {
        token: owner.token,
        body: { email: ADA.email },
      })
      expect(invited.status).toBe(200)
      const { db } = app.services.database
      const stored = async () => ({
        people: await db.selectFrom('users').select('id').execute(),
        accounts: await db.selectFrom('auth_users').select('id').execute(),
        links: await db.selectFrom('auth_links').select(['id', 'used_at']).orderBy('id').execute(),
        made: await db
          .selectFrom('audit_log')
          .select('id')
          .where('action', 'in', ['user.created', 'invite.accepted'])
          .execute(),
      })
      const before = await stored()
      await sql`create function fail() returns trigger language plpgsql as
        $$ begin raise exception 'no room'; end $$`.execute(db)
      await sql`create trigger fails before insert on ${sql.table(table)}
        for each row execute function fail()`.execute(db)
      provider.signInAs(ADA)
      const failed = await signIn(app)
      expect((await app.ask('/api/me', { cookie: failed.cookie })).status).toBe(401)
      expect(await stored()).toEqual(before)

      await sql`drop trigger fails on ${sql.table(table)}`.execute(db)
      const { cookie } = await signIn(app)
      expect((await app.ask('/api/me', { cookie })).body).toMatchObject({ name: 'Ada' })
      const after = await stored()
      expect(after.links.every(({ used_at }) => used_at !== null)).toBe(true)
      expect(after.made).toHaveLength(before.made.length + 2)
    },
  )

  test(`the first who signs up gets the server, and whoever could not be stored does not (${database})`, async () => {
    await using storage = await openStorage()
    await using app = await startAccounts(storage, { env: { AUTH_SIGNUP: 'open' } })
    const { db } = app.services.database
    await sql`create function fail() returns trigger language plpgsql as
      $$ begin raise exception 'no room'; end $$`.execute(db)
    await sql`create trigger fails before insert on auth_accounts
      for each row execute function fail()`.execute(db)
    await expect(app.signUp('ada@example.com')).rejects.toThrow()
    await sql`drop trigger fails on auth_accounts`.execute(db)
    const ada = await app.signUp('ada@example.com')
    expect((await app.ask('/api/me', { token: ada.token })).body).toMatchObject({ role: 'admin' })
  })
})
