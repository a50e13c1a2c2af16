import { sql } from 'kysely'
import { expect, test } from 'vitest'
import { memoryStorage } from '../../testing/app.ts'
import { startAccounts } from '../../testing/clients/people.ts'
import { openSocialProviders } from '../../testing/services/social-providers.ts'

test('a copy of the database has no password, key, link, second factor or token of another site to use', async () => {
  using social = await openSocialProviders()
  await using storage = await memoryStorage()
  await using app = await startAccounts(storage, { env: { ...social.env, AUTH_SIGNUP: 'open' } })
  const setup = new URL((await app.setupLink()) ?? '').searchParams.get('token') ?? ''
  const ada = await app.setUp()
  const { token } = await app.beKey(ada)
  const invited = await app.ask('/api/admin/invites', { ...ada, body: { role: 'member' } })
  const { link } = invited.body as { link: string }
  const enabled = await app.ask('/api/auth/two-factor/enable', {
    ...{ cookie: ada.cookie, body: { password: ada.password } },
  })
  const factor = enabled.body as { totpURI: string; backupCodes: string[] }
  const me = await app.ask('/api/me', ada)
  const { id } = me.body as { id: string }
  const reset = await app.ask(`/api/admin/users/${id}/reset-link`, { ...ada, body: {} })
  social.signInAs({ sub: '1', name: 'Bob', email: 'bob@example.com', email_verified: true })
  const begun = await app.ask('/api/auth/sign-in/social', {
    body: { provider: 'google', callbackURL: '/' },
  })
  const back = social.authorize((begun.body as { url: string }).url)
  const cookie = begun.headers.getSetCookie().map((one) => one.split(';', 1)[0] ?? '')
  const signedIn = await app.ask(back.pathname + back.search, { cookie: cookie.join('; ') })
  expect(signedIn.status).toBe(302)

  const secrets = {
    setup,
    password: ada.password,
    key: token,
    invitation: new URL(link).searchParams.get('token'),
    reset: new URL((reset.body as { link: string }).link).searchParams.get('token'),
    'second factor': new URL(factor.totpURI).searchParams.get('secret'),
    'backup code': factor.backupCodes[0],
    'another site’s token': social.granted.at(-1),
  }
  const { db } = app.services.database
  const { rows: tables } = await sql<{ name: string }>`
    select tablename as name from pg_tables where schemaname = 'public'`.execute(db)
  for (const { name } of tables) {
    const { rows } = await sql<{ row: string }>`
      select to_jsonb(t)::text as row from ${sql.table(name)} as t`.execute(db)
    const text = rows.map(({ row }) => row).join('\n')
    for (const [what, secret] of Object.entries(secrets)) {
      expect(secret, what).toMatch(/.{6}/)
      expect(text.includes(secret ?? ''), `${what} in ${name}`).toBe(false)
    }
  }
})
