import { expect, test } from 'vitest'
import { onEachStorage } from '../testing/each-storage.ts'
import { startOpenIdProvider } from '../testing/openid-provider.ts'
import { startAccounts } from '../testing/people.ts'
import type { PeopleApp } from '../testing/people.ts'

const ADA = { sub: 'employee-1', name: 'Ada', email: 'ada@example.com', email_verified: true }

/** What a browser does: it is sent to the provider, and comes back with a code. */
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

function cookiesOf(headers: Headers): string {
  return headers
    .getSetCookie()
    .map((cookie) => cookie.split(';', 1)[0])
    .join('; ')
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
})
