import smtpTester from 'smtp-tester'
import type { MailServer } from 'smtp-tester'
import { pino } from 'pino'
import { expect, test } from 'vitest'
import { memoryStorage } from '../../testing/app.ts'
import { startAccounts } from '../../testing/clients/people.ts'
import { openSocialProviders } from '../../testing/services/social-providers.ts'
import { freePort } from '../../../scripts/testing/free-port.ts'

/** A mail server, and a Throughline server that sends mail through it. */
async function startWithMail(env: Record<string, string> = {}) {
  const port = await freePort()
  const mails: MailServer = smtpTester.init(port)
  const logged: string[] = []
  const app = await startAccounts(await memoryStorage(), {
    env: {
      ...env,
      AUTH_SIGNUP: 'open',
      SMTP_URL: `smtp://127.0.0.1:${port}`,
      MAIL_FROM: 'Throughline <chat@example.com>',
    },
    logger: pino({ level: 'trace' }, { write: (line: string) => void logged.push(line) }),
  })
  const captureOne = (email: string) => mails.captureOne(email, { wait: 5_000 })
  const linkTo = async (email: string, page: string): Promise<string> => {
    const { email: mail } = await captureOne(email)
    mails.removeAll()
    const text = (mail.body ?? '').replaceAll('=\r\n', '').replaceAll('=3D', '=')
    return new RegExp(`/${page}\\?token=([\\w.-]+)`).exec(text)?.[1] ?? ''
  }
  return {
    ...{ app, logged, linkTo, captureOne },
    [Symbol.asyncDispose]: async () => {
      await app.close()
      await new Promise<void>((resolve) => mails.stop(resolve))
    },
  }
}

test('an address is verified before its account is used; a reset ends all logins; no secret is logged', async () => {
  await using running = await startWithMail()
  const { app, logged, linkTo } = running
  const ada = await app.setUp()
  const signUp = (email: string) =>
    app.ask('/api/auth/sign-up/email', { body: { name: 'x', email, password: ada.password } })
  const fresh = await signUp('bob@example.com')
  const verification = await linkTo('bob@example.com', 'verify')
  // The response is the same as for a new account, so that nobody learns who has one.
  const taken = await signUp(ada.email)
  const shape = ({ body }: { body: unknown }) => Object.keys(body as object).toSorted()
  expect([taken.status, shape(taken)]).toEqual([fresh.status, shape(fresh)])
  await expect(app.signIn('bob@example.com')).rejects.toThrow(/403/)
  // Another attempt sends another mail.
  await linkTo('bob@example.com', 'verify')
  const verified = await app.ask(`/api/auth/verify-email?token=${verification}`)
  expect(verified.status).toBe(200)
  const bob = await app.signIn('bob@example.com')

  const ask = (email: string) => app.ask('/api/auth/request-password-reset', { body: { email } })
  const [known, unknown] = [await ask('bob@example.com'), await ask('nobody@example.com')]
  expect([known.status, known.body]).toEqual([unknown.status, unknown.body])
  const token = await linkTo('bob@example.com', 'reset')
  const reset = () =>
    app.ask('/api/auth/reset-password', { body: { token, newPassword: 'another password' } })
  expect((await reset()).status).toBe(200)
  expect((await reset()).status).toBe(400)
  expect((await app.ask('/api/me', { token: bob.token })).status).toBe(401)

  for (const secret of [token, verification, ada.token, bob.token, ada.password]) {
    expect(logged.join('\n')).not.toContain(secret)
  }
})

test('a mail goes to the one it is for, under the headers of this server, whatever somebody calls themselves', async () => {
  await using running = await startWithMail()
  const { app, captureOne } = running
  const admin = await app.setUp()
  const { password } = admin
  const signUp = (email: string, name = 'x') =>
    app.ask('/api/auth/sign-up/email', { body: { name, email, password } })
  const second = '\r\nBcc: eve@example.com'
  const addresses = [
    `bob@example.com${second}`,
    'bob@example.com, eve@example.com',
    'bob@example.com;eve@example.com',
    '<bob@example.com> eve@example.com',
  ]
  for (const email of addresses) {
    expect((await signUp(email)).status).toBe(400)
    const reset = await app.ask('/api/auth/request-password-reset', { body: { email } })
    expect(reset.status).toBe(400)
    const invited = await app.ask('/api/admin/invites', { token: admin.token, body: { email } })
    expect(invited.status).toBe(400)
  }
  await signUp('bob@example.com', `Bob${second}`)
  const { email: mail } = await captureOne('bob@example.com')
  expect(Object.keys(mail.receivers)).toEqual(['bob@example.com'])
  expect(Object.keys(mail.headers).map((name) => name.toLowerCase())).not.toContain('bcc')
  expect(JSON.stringify(mail.headers)).not.toContain('eve@example.com')
})

test('an address that another site has not verified is verified by mail, and a reset takes it from who claimed it', async () => {
  using social = await openSocialProviders()
  await using running = await startWithMail(social.env)
  const { app, linkTo } = running
  const { password } = await app.setUp()
  const email = 'bob@example.com'
  social.signInAs({ sub: '1', name: 'Eve', email, email_verified: false })
  const signIn = async () => {
    const body = { provider: 'github', callbackURL: '/' }
    const begun = await app.ask('/api/auth/sign-in/social', { body })
    const { pathname, search } = social.authorize((begun.body as { url: string }).url)
    const cookie = begun.headers.getSetCookie().map((one) => one.split(';', 1)[0] ?? '')
    const back = await app.ask(pathname + search, { cookie: cookie.join('; ') })
    return back.headers.get('location')
  }
  expect(await signIn()).toContain('error=email_not_verified')
  await linkTo(email, 'verify')

  await app.ask('/api/auth/request-password-reset', { body: { email } })
  const token = await linkTo(email, 'reset')
  await app.ask('/api/auth/reset-password', { body: { token, newPassword: password } })
  await expect(app.signIn(email)).rejects.toThrow(/403/)
  const verification = await linkTo(email, 'verify')
  expect((await app.ask(`/api/auth/verify-email?token=${verification}`)).status).toBe(200)
  await app.signIn(email)
  expect(await signIn()).toContain('error=account_not_linked')
})

test('without a mail server a reset says so', async () => {
  await using app = await startAccounts(await memoryStorage())
  const { email } = await app.setUp()
  const asked = await app.ask('/api/auth/request-password-reset', { body: { email } })
  expect(asked.status).toBe(400)
})
