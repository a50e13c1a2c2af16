import { generateKeyPair } from 'jose'
import { describe, expect, test } from 'vitest'
import { UserId } from '../../../shared/contract/ids.ts'
import { memoryStorage } from '../../testing/app.ts'
import { startOpenIdProvider } from '../../testing/services/openid-provider.ts'
import type { Identity } from '../../testing/services/openid-provider.ts'
import { cookiesOf, startAccounts } from '../../testing/clients/people.ts'
import type { PeopleApp } from '../../testing/clients/people.ts'
import { openSocialProviders } from '../../testing/services/social-providers.ts'

const BOB = { sub: '4711', name: 'Bob', email: 'bob@example.com', email_verified: true }

/** A server with sign-in by each of the other sites. */
async function start(env: Record<string, string> = {}) {
  await using opened = new AsyncDisposableStack()
  const social = opened.use(await openSocialProviders())
  const openId = opened.use(await startOpenIdProvider())
  const storage = opened.use(await memoryStorage())
  const app = opened.use(
    await startAccounts(storage, {
      env: { ...social.env, ...openId.env, AUTH_SIGNUP: 'open', ...env },
    }),
  )
  const resources = opened.move()
  return {
    app,
    social,
    ada: await app.setUp(),
    signInAs(identity: Identity | null): void {
      social.signInAs(identity)
      openId.signInAs(identity)
    },
    /** Begins to sign in like a browser; returns the address with which the other site sends it back. */
    async begin(provider: string, body: object = {}) {
      const begun = await app.ask('/api/auth/sign-in/social', {
        body: { provider, callbackURL: '/s/after', ...body },
      })
      const { url } = begun.body as { url: string }
      const back =
        provider === 'oidc'
          ? new URL((await fetch(url, { redirect: 'manual' })).headers.get('location') ?? '')
          : social.authorize(url)
      return { back, cookie: cookiesOf(begun.headers) }
    },
    [Symbol.asyncDispose]: () => resources.disposeAsync(),
  }
}

type World = Awaited<ReturnType<typeof start>>

/** Comes back like a browser: where it is redirected, and who is signed in then. */
async function comeBack(app: PeopleApp, back: URL, cookie?: string) {
  const answer = await app.ask(back.pathname + back.search, { cookie })
  const location = answer.headers.get('location') ?? ''
  const me = await app.ask('/api/me', { cookie: cookiesOf(answer.headers) })
  return { location, me: me.status === 200 ? (me.body as { id: string; email: string }) : null }
}

async function signIn(world: World, provider: string) {
  const { back, cookie } = await world.begin(provider)
  return comeBack(world.app, back, cookie)
}

describe.each(['github', 'google', 'oidc'])('signing in by %s', (provider) => {
  test('makes an account, is the same person the next time, and stands in the audit log', async () => {
    await using world = await start()
    const { app, ada } = world
    world.signInAs(BOB)
    const first = await signIn(world, provider)
    expect(first.location).toMatch(/\/s\/after$/)
    expect(first.me).toMatchObject({ name: 'Bob', email: 'bob@example.com', role: 'member' })
    // The address there has changed; the site's own id for the person is what counts.
    world.signInAs({ ...BOB, email: 'robert@example.com' })
    expect((await signIn(world, provider)).me?.id).toBe(first.me?.id)
    world.signInAs({ ...BOB, sub: '4712', email: 'carol@example.com' })
    expect((await signIn(world, provider)).me?.id).not.toBe(first.me?.id)
    const { body } = await app.ask('/api/admin/audit?action=login.succeeded', ada)
    const { items } = body as { items: { detail: object }[] }
    const methods = items.map(({ detail }) => detail)
    expect(methods).toEqual([...Array(3).fill({ method: provider }), { method: 'email' }])
  })

  test('makes no account on a closed server, for who was invited before neither', async () => {
    await using world = await start({ AUTH_SIGNUP: 'closed' })
    const { app, ada } = world
    const { body } = await app.ask('/api/me', { token: ada.token })
    const createdBy = UserId.parse((body as { id: string }).id)
    await app.services.accounts?.invite({ email: BOB.email, role: 'member', createdBy })
    world.signInAs(BOB)
    expect((await signIn(world, provider)).me).toBe(null)
  })

  test('takes over no account: not by an unverified address, nor one that was registered first', async () => {
    await using world = await start()
    const { app } = world
    // Ada's address is verified, because she opened the setup link.
    world.signInAs({ ...BOB, email: 'ada@example.com', email_verified: false })
    const stranger = await signIn(world, provider)
    expect(stranger).toMatchObject({
      me: null,
      location: expect.stringMatching(/error=account_not_l/),
    })
    // It also does not become a second way in for later.
    world.signInAs({ ...BOB, email: 'ada@example.com', email_verified: false })
    expect((await signIn(world, provider)).me).toBe(null)
    // Somebody else signed up with Bob's address before him and did not verify it.
    const squatter = await app.signUp('bob@example.com')
    world.signInAs(BOB)
    expect((await signIn(world, provider)).me).toBe(null)
    const { body } = await app.ask('/api/me', { token: squatter.token })
    expect(body).toMatchObject({ email: 'bob@example.com' })
    // If both have verified the address, it is one person.
    world.signInAs({ ...BOB, sub: '1815', email: 'Ada@example.com' })
    expect((await signIn(world, provider)).me).toMatchObject({ name: 'Ada', role: 'admin' })
  })

  test('needs the browser that began it, its state, and a code that nobody used', async () => {
    await using world = await start()
    const { app } = world
    world.signInAs(BOB)
    const { back, cookie } = await world.begin(provider)
    const forged = new URL(back)
    forged.searchParams.set('state', 'A'.repeat(32))
    const stateless = new URL(back)
    stateless.searchParams.delete('state')
    const other = await world.begin(provider)
    for (const [what, address, by] of [
      ['a forged state', forged, cookie],
      ['no state', stateless, cookie],
      // An attacker's link would sign its visitor in as the attacker.
      ['another browser', back, undefined],
      ['another sign-in of the same browser', back, other.cookie],
    ] as const) {
      const { me, location } = await comeBack(app, address, by)
      expect(me, what).toBe(null)
      expect(location, what).toMatch(/error=/)
    }
    const again = await world.begin(provider)
    expect((await comeBack(app, again.back, again.cookie)).me).toMatchObject({ name: 'Bob' })
    expect((await comeBack(app, again.back, again.cookie)).me).toBe(null)
    const madeUp = await world.begin(provider)
    madeUp.back.searchParams.set('code', 'made up')
    expect((await comeBack(app, madeUp.back, madeUp.cookie)).me).toBe(null)
  })

  test('that the person there says no to leads back here, with no login', async () => {
    await using world = await start()
    world.signInAs(null)
    const { location, me } = await signIn(world, provider)
    expect(me).toBe(null)
    const { origin, searchParams } = new URL(location, world.app.url)
    expect(origin).toBe(world.app.url)
    expect(searchParams.get('error')).toBe('access_denied')
    // A page of ours shows the other site's words, as text only.
    const page = await fetch(new URL(location, world.app.url))
    expect(await page.text()).not.toContain('<no>')
  })

  test('leads to no other site, whatever it was asked', async () => {
    await using world = await start()
    const { app } = world
    world.signInAs(BOB)
    const away = [
      'https://evil.example.com/',
      '//evil.example.com',
      '/\\evil.example.com',
      'javascript:1',
    ]
    for (const name of ['callbackURL', 'errorCallbackURL', 'newUserCallbackURL']) {
      for (const address of away) {
        const body = { provider, callbackURL: '/', [name]: address }
        const { status } = await app.ask('/api/auth/sign-in/social', { body })
        expect(status, `${name} ${address}`).toBe(403)
      }
    }
    const { back, cookie } = await world.begin(provider)
    back.searchParams.set('callbackURL', 'https://evil.example.com/')
    const { location } = await comeBack(app, back, cookie)
    expect(location).not.toContain('evil')
  })
})

test('a token that Google made for another application, or nobody, signs nobody in', async () => {
  await using world = await start()
  const { app, social, ada } = world
  const { privateKey } = await generateKeyPair('RS256')
  const claims = { ...BOB, email: 'ada@example.com' }
  const send = (token: string) =>
    app.ask('/api/auth/sign-in/social', { body: { provider: 'google', idToken: { token } } })
  const unsigned = [
    { alg: 'none', kid: 'one' },
    { ...claims, aud: 'client' },
  ]
    .map((part) => Buffer.from(JSON.stringify(part)).toString('base64url'))
    .join('.')
  for (const token of [
    await social.idToken(claims, 'another application'),
    await social.idToken(claims, 'client', privateKey),
    `${unsigned}.`,
  ]) {
    expect((await send(token)).status).toBe(401)
  }
  expect((await send(await social.idToken(BOB))).status).toBe(200)
  const { body } = await app.ask('/api/admin/audit', ada)
  const { items } = body as { items: { action: string; detail: object }[] }
  const logins = items.filter(({ action }) => action.startsWith('login.'))
  expect(logins.map(({ action, detail }) => ({ action, detail }))).toEqual([
    { action: 'login.succeeded', detail: { method: 'google' } },
    ...Array(3).fill({ action: 'login.failed', detail: { method: 'google' } }),
    { action: 'login.succeeded', detail: { method: 'email' } },
  ])
})
