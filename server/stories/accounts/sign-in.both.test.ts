import { createHmac } from 'node:crypto'
import { expect, test } from 'vitest'
import { onEachStorage } from '../../testing/each-storage.ts'
import { idOf, startAccounts } from '../../testing/clients/people.ts'
import type { PeopleApp, Person } from '../../testing/clients/people.ts'

const PASSWORD = 'correct horse battery'

/** Invites somebody in the name of this person; returns the token. */
async function invite(
  app: PeopleApp,
  by: Person,
  email: string | null = null,
  expiresAt?: string,
): Promise<string> {
  const createdBy = await idOf(app, by)
  const made = await app.services.accounts?.invite({ email, role: 'member', createdBy, expiresAt })
  return new URL(made?.link ?? '').searchParams.get('token') ?? ''
}

/** The entries of the audit log, oldest first. */
async function audited(app: PeopleApp, token: string): Promise<[string, object][]> {
  const { body } = await app.ask('/api/admin/audit', { token })
  const { items } = body as { items: { action: string; detail: object }[] }
  return items.map(({ action, detail }): [string, object] => [action, detail]).toReversed()
}

onEachStorage((database, openStorage) => {
  test(`the setup link makes one account, which owns what the local owner had (${database})`, async () => {
    await using storage = await openStorage()
    await using app = await startAccounts(storage)
    const { id } = await app.caller.sessions.create({ title: 'From before' })
    const link = await app.setupLink()
    expect(link).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/setup\?token=[\w-]{43}$/)
    const token = new URL(link ?? '').searchParams.get('token')
    const setUp = (email: string) =>
      app.ask('/api/auth/setup', { body: { token, name: 'Ada', email, password: PASSWORD } })
    const both = await Promise.all([setUp('ada@example.com'), setUp('eve@example.com')])
    expect(both.map(({ status }) => status).toSorted((one, other) => one - other)).toEqual([
      200, 400,
    ])
    const email = both[0].status === 200 ? 'ada@example.com' : 'eve@example.com'
    const ada = await app.signIn(email)
    for (const by of [{ token: ada.token }, { cookie: ada.cookie }]) {
      const me = await app.ask('/api/me', by)
      expect(me).toMatchObject({ status: 200, body: { name: 'Ada', email, role: 'admin' } })
      expect((await app.ask(`/api/session/${id}`, by)).body).toMatchObject({ title: 'From before' })
    }
    expect((await app.ask('/api/me')).status).toBe(401)
    expect(await app.setupLink()).toBe(null)
    expect((await setUp('late@example.com')).status).toBe(400)
  })

  test(`whose login has ended signs in again with the browser that still has its cookie (${database})`, async () => {
    await using storage = await openStorage()
    const env = { AUTH_SIGNUP: 'open', AUTH_GUESTS: 'true' }
    await using app = await startAccounts(storage, { env })
    const ada = await app.setUp()
    const other = await app.signIn(ada.email)
    const { body } = await app.ask('/api/login', { token: other.token })
    const ended = (body as { id: string; current: boolean }[]).find(({ current }) => !current)
    await app.ask(`/api/login/${ended?.id}`, { token: other.token, method: 'DELETE' })
    const { email, password, cookie } = ada
    const again = await app.ask('/api/auth/sign-in/email', { cookie, body: { email, password } })
    const [renewed = ''] = again.headers.getSetCookie().map((one) => one.split(';', 1)[0] ?? '')
    expect(again.headers.getSetCookie().join()).not.toContain('session_token=;')
    expect((await app.ask('/api/me', { cookie: renewed })).status).toBe(200)
  })

  test(`an invitation makes one account, for whom it is for, and says no more than that it cannot be used (${database})`, async () => {
    await using storage = await openStorage()
    await using app = await startAccounts(storage)
    const ada = await app.setUp()
    const accept = (token: string, email: string) =>
      app.ask('/api/auth/invite', { body: { token, name: 'Bob', email, password: PASSWORD } })
    const token = await invite(app, ada)
    const both = await Promise.all([accept(token, 'b@example.com'), accept(token, 'c@example.com')])
    expect(both.map(({ status }) => status).toSorted((one, other) => one - other)).toEqual([
      200, 400,
    ])
    const invites = await app.ask('/api/admin/invites', { token: ada.token, body: {} })
    const { id, link } = invites.body as { id: string; link: string }
    await app.ask(`/api/admin/invites/${id}`, { token: ada.token, method: 'DELETE' })
    const revoked = new URL(link).searchParams.get('token') ?? ''
    const aMomentAgo = new Date(Date.parse(app.services.now()) - 1).toISOString()
    const refusals = [
      await accept(token, 'd@example.com'),
      await accept(revoked, 'd@example.com'),
      await accept(await invite(app, ada, null, aMomentAgo), 'd@example.com'),
      await accept('made up', 'd@example.com'),
      await accept(await invite(app, ada), ada.email),
      await accept(await invite(app, ada, 'eve@example.com'), 'd@example.com'),
    ]
    for (const refusal of refusals) expect(refusal.body).toEqual(refusals[0]?.body)
    expect(
      (await accept(await invite(app, ada, 'eve@example.com'), 'Eve@Example.com')).status,
    ).toBe(200)
    // Nobody gets in without an invitation, and the response does not reveal who has an account.
    const tries = await Promise.all(
      [ada.email, 'nobody@example.com'].map((email) =>
        app.ask('/api/auth/sign-up/email', { body: { name: 'x', email, password: PASSWORD } }),
      ),
    )
    expect(tries.map(({ status }) => status)).toEqual([403, 403])
    expect(tries[0]?.body).toEqual(tries[1]?.body)
    expect((await app.ask('/api/auth/sign-in/anonymous', { body: {} })).status).toBe(404)
  })

  test(`a closed server takes nobody, by invitations neither (${database})`, async () => {
    await using storage = await openStorage()
    await using app = await startAccounts(storage, { env: { AUTH_SIGNUP: 'closed' } })
    const ada = await app.setUp()
    const invited = await app.ask('/api/admin/invites', { token: ada.token, body: {} })
    expect(invited).toMatchObject({ status: 409, body: { code: 'CONFLICT' } })
    const createdBy = await idOf(app, ada)
    const of = { email: null, role: 'member', createdBy } as const
    const link = (await app.services.accounts?.invite(of))?.link ?? ''
    const token = new URL(link).searchParams.get('token')
    const body = { token, name: 'Bob', email: 'bob@example.com', password: PASSWORD }
    expect((await app.ask('/api/auth/invite', { body })).status).toBe(400)
  })

  test(`an administrator hands over a link that sets a new password, once (${database})`, async () => {
    await using storage = await openStorage()
    const env = { AUTH_SIGNUP: 'open', AUTH_GUESTS: 'true' }
    await using app = await startAccounts(storage, { env })
    const ada = await app.setUp()
    const bob = await app.signUp('bob@example.com')
    const reset = async (id: string, { token } = ada) =>
      app.ask(`/api/admin/users/${id}/reset-link`, { token, body: {} })
    const bobId = await idOf(app, bob)
    expect((await reset(bobId, bob)).status).toBe(403)
    expect((await reset(crypto.randomUUID())).status).toBe(404)
    expect(await reset(await idOf(app, await app.beGuest()))).toMatchObject({
      status: 409,
      body: { message: 'This person does not sign in here with a password.' },
    })
    const { body } = await reset(bobId)
    const { link } = body as { link: string }
    expect(link).toMatch(/\/reset\?token=.{43}$/)
    const token = new URL(link).searchParams.get('token')
    const set = (newPassword: string) =>
      app.ask('/api/auth/reset-password', { body: { token, newPassword } })
    expect((await set('a new password')).status).toBe(200)
    expect((await set('another password')).status).toBe(400)
    expect((await app.ask('/api/me', { token: bob.token })).status).toBe(401)
    const login = (password: string) =>
      app.ask('/api/auth/sign-in/email', { body: { email: bob.email, password } })
    expect((await login(bob.password)).status).toBe(401)
    expect((await login('a new password')).status).toBe(200)
    const { body: log } = await app.ask('/api/admin/audit?action=reset.created', ada)
    expect(log).toMatchObject({ items: [{ actorId: await idOf(app, ada), targetId: bobId }] })
  })

  test(`with open sign-up the first to sign up is the administrator, one of them (${database})`, async () => {
    await using storage = await openStorage()
    await using app = await startAccounts(storage, { env: { AUTH_SIGNUP: 'open' } })
    const { id } = await app.caller.sessions.create({ title: 'From before' })
    const people = await Promise.all([app.signUp('a@example.com'), app.signUp('b@example.com')])
    const roles = await Promise.all(
      people.map(async ({ token }) => {
        const { body } = await app.ask('/api/me', { token })
        const { status } = await app.ask(`/api/session/${id}`, { token })
        return `${(body as { role: string }).role} ${status}`
      }),
    )
    expect(roles.toSorted()).toEqual(['admin 200', 'member 404'])
  })

  test(`forms sign in as JSON does, and pages of others cannot send them (${database})`, async () => {
    await using storage = await openStorage()
    await using app = await startAccounts(storage)
    const { email } = await app.setUp()
    const post = (origin: string) =>
      fetch(`${app.url}/api/auth/sign-in/email`, {
        method: 'POST',
        headers: { origin },
        body: new URLSearchParams({ email, password: PASSWORD }),
      })
    const own = await post(app.url)
    expect(own.status).toBe(200)
    expect(own.headers.getSetCookie().join()).toMatch(
      /throughline\.session_token=[^;]+;.*Path=\/;.*HttpOnly;.*SameSite=Lax/,
    )
    expect((await post('https://evil.example.com')).status).toBe(403)
    for (const callbackURL of ['https://evil.example.com/', '//evil.example.com', 'javascript:1']) {
      const body = { email, password: PASSWORD, callbackURL }
      expect((await app.ask('/api/auth/sign-in/email', { body })).status, callbackURL).toBe(403)
    }
  })

  test(`who has a second factor is asked for it before they are signed in (${database})`, async () => {
    await using storage = await openStorage()
    await using app = await startAccounts(storage)
    const ada = await app.setUp()
    const enabled = await app.ask('/api/auth/two-factor/enable', {
      cookie: ada.cookie,
      body: { password: PASSWORD },
    })
    const { totpURI } = enabled.body as { totpURI: string }
    const code = totp(new URL(totpURI).searchParams.get('secret') ?? '')
    const on = await app.ask('/api/auth/two-factor/verify-totp', {
      cookie: ada.cookie,
      body: { code },
    })
    expect(on.status).toBe(200)
    const begun = await app.ask('/api/auth/sign-in/email', {
      body: { email: ada.email, password: PASSWORD },
    })
    expect(begun.body).toMatchObject({ twoFactorRedirect: true })
    const cookie = begun.headers
      .getSetCookie()
      .map((one) => one.split(';', 1)[0])
      .join('; ')
    expect((await app.ask('/api/me', { cookie })).status).toBe(401)
    const verify = (given: string) =>
      app.ask('/api/auth/two-factor/verify-totp', { cookie, body: { code: given } })
    expect((await verify(code === '000000' ? '000001' : '000000')).status).toBe(401)
    const { body } = await verify(code)
    const { token } = body as { token: string }
    expect((await app.ask('/api/me', { token })).status).toBe(200)
    expect(await audited(app, token)).toEqual([
      ['user.created', { by: 'setup' }],
      ['setup.completed', {}],
      ['login.succeeded', { method: 'email' }],
      // This entry is of the setup, which gave the browser another login.
      ['login.succeeded', { method: 'two-factor' }],
      ['login.failed', { method: 'two-factor' }],
      ['login.succeeded', { method: 'two-factor' }],
    ])
  })

  test(`the audit log says how people came in, and who tried (${database})`, async () => {
    await using storage = await openStorage()
    const env = { AUTH_SIGNUP: 'open', AUTH_GUESTS: 'true' }
    await using app = await startAccounts(storage, { env })
    const ada = await app.setUp()
    const guest = await app.beGuest()
    const guestId = await idOf(app, guest)
    const bob = await app.signUp('bob@example.com')
    const token = await invite(app, ada)
    const body = { token, name: 'Eve', email: 'eve@example.com', password: PASSWORD }
    expect((await app.ask('/api/auth/invite', { body })).status).toBe(200)
    expect((await app.ask('/api/auth/invite', { body })).status).toBe(400)
    const guess = { email: 'BOB@example.com', password: 'not the password' }
    expect((await app.ask('/api/auth/sign-in/email', { body: guess })).status).toBe(401)
    const unknown = { ...guess, email: 'nobody@example.com' }
    expect((await app.ask('/api/auth/sign-in/email', { body: unknown })).status).toBe(401)
    // Reading or using a login is not a sign-in.
    await app.ask('/api/auth/get-session', { cookie: bob.cookie })
    await app.ask('/api/auth/sign-out', { cookie: bob.cookie, body: {} })

    const read = await app.ask('/api/admin/audit', { token: ada.token })
    const { items } = read.body as { items: Record<string, unknown>[] }
    const told = items.map(({ action, detail, actorId, targetId }) => ({
      ...{ action, detail, actorId, targetId },
    }))
    const [adaId, bobId] = [await idOf(app, ada), await idOf(app, await app.signIn(bob.email))]
    const eveId = told.find(({ detail }) => JSON.stringify(detail) === '{"by":"invite"}')?.targetId
    const login = { action: 'login.succeeded', targetId: expect.any(String) }
    const byEmail = { ...login, detail: { method: 'email' } }
    const made = (id: unknown, by: string) => ({
      ...{ action: 'user.created', actorId: id, targetId: id, detail: { by } },
    })
    const failed = { action: 'login.failed', actorId: null, detail: { method: 'email' } }
    expect(told.toReversed()).toEqual([
      made(adaId, 'setup'),
      { action: 'setup.completed', actorId: adaId, targetId: adaId, detail: {} },
      { ...byEmail, actorId: adaId },
      made(guestId, 'guest'),
      { ...login, actorId: guestId, detail: { method: 'guest' } },
      made(bobId, 'sign-up'),
      { ...byEmail, actorId: bobId },
      made(eveId, 'invite'),
      {
        ...{ action: 'invite.accepted', actorId: eveId, targetId: expect.any(String) },
        detail: { role: 'member' },
      },
      { ...byEmail, actorId: eveId },
      { ...failed, targetId: bobId },
      { ...failed, targetId: null },
    ])
    expect(new Set(items.map(({ address }) => address))).toEqual(new Set(['127.0.0.1']))
  })
})

/** RFC 6238 with SHA-1, 30 seconds and six digits. */
function totp(secret: string): string {
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'
  const bits = [...secret.replace(/=+$/, '')]
    .map((letter) => alphabet.indexOf(letter).toString(2).padStart(5, '0'))
    .join('')
  const key = Buffer.from((bits.match(/.{8}/g) ?? []).map((byte) => Number.parseInt(byte, 2)))
  const counter = Buffer.alloc(8)
  counter.writeBigUInt64BE(BigInt(Math.floor(Date.now() / 30_000)))
  const hash = createHmac('sha1', key).update(counter).digest()
  const offset = (hash.at(-1) ?? 0) & 0xf
  return String((hash.readUInt32BE(offset) & 0x7fffffff) % 1_000_000).padStart(6, '0')
}
