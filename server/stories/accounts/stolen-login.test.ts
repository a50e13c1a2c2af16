import { expect, test } from 'vitest'
import { memoryStorage } from '../../testing/app.ts'
import { startAccounts } from '../../testing/clients/people.ts'

test('whoever has stolen a login cannot guess its person’s password there, and reads no other secrets', async () => {
  await using storage = await memoryStorage()
  await using app = await startAccounts(storage)
  const ada = await app.setUp()
  const { cookie, email } = await app.signIn(ada.email)
  const guess = async (path: string, index: number) => {
    const wrong = `guess number ${index}`
    const body = { currentPassword: wrong, newPassword: 'another password', password: wrong }
    const from = { 'x-forwarded-for': `203.0.113.${index}` }
    return (await app.ask(`/api/auth${path}`, { cookie, body, headers: from })).status
  }
  const paths = [
    '/change-password',
    '/verify-password',
    '/two-factor/enable',
    '/two-factor/disable',
  ]
  const statuses: number[] = []
  for (let index = 0; index < 16; index += 1) {
    statuses.push(await guess(paths[index % paths.length] ?? '', index))
  }
  expect(statuses).toEqual([...Array(10).fill(400), ...Array(6).fill(429)])
  // This limit is not that of signing in: the owner can sign in, and end the stolen login.
  const owner = await app.signIn(email)
  expect((await app.ask('/api/me', { token: owner.token })).status).toBe(200)
  for (const [method, path] of [
    ['GET', '/list-sessions'],
    ['POST', '/revoke-session'],
    ['POST', '/update-session'],
    ['POST', '/get-access-token'],
    ['POST', '/refresh-token'],
    ['GET', '/account-info'],
  ] as const) {
    const asked = { cookie, method, ...(method === 'POST' && { body: {} }) }
    expect((await app.ask(`/api/auth${path}`, asked)).status, path).toBe(404)
  }
})

test('what people write into their accounts has bounds, and what cannot be stored is refused', async () => {
  await using storage = await memoryStorage()
  await using app = await startAccounts(storage, { env: { AUTH_SIGNUP: 'open' } })
  const { cookie, password } = await app.setUp()
  const signUp = { name: 'Bob', email: 'bob@example.com', password }
  const long = `bob@${Array.from({ length: 10 }, () => 'b'.repeat(60)).join('.')}.com`
  const refused: [string, object][] = [
    ['/sign-up/email', { ...signUp, name: 'x'.repeat(101) }],
    ['/sign-up/email', { ...signUp, name: 'a\0b' }],
    ['/sign-up/email', { ...signUp, email: long }],
    ['/sign-up/email', { ...signUp, password: `${password}\0` }],
    ['/sign-in/email', { email: 'a\0@example.com', password }],
    ['/update-user', { name: 'x'.repeat(101) }],
    ['/update-user', { name: 'a\0b' }],
    ['/update-user', { image: 'javascript:alert(1)' }],
    ['/update-user', { image: `https://example.com/${'x'.repeat(3_000)}` }],
    ['/update-user', { image: 'https://example.com/\0' }],
    ['/sign-up/email', { ...signUp, role: 'admin', personId: 'another' }],
  ]
  for (const [path, body] of refused) {
    const { status } = await app.ask(`/api/auth${path}`, { cookie, body })
    expect(status, `${path} ${JSON.stringify(body).slice(0, 80)}`).toBe(400)
  }
  const kept = { name: 'Ada L.', image: 'https://example.com/ada.png' }
  expect((await app.ask('/api/auth/update-user', { cookie, body: kept })).status).toBe(200)
  expect((await app.ask('/api/me', { cookie })).body).toMatchObject({ name: 'Ada L.' })
})
