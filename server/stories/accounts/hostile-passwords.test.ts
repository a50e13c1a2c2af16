import crypto from 'node:crypto'
import { syncBuiltinESMExports } from 'node:module'
import { describe, expect, test } from 'vitest'
import { memoryStorage } from '../../testing/app.ts'
import { startAccounts } from '../../testing/clients/people.ts'

const PASSWORD = 'correct horse battery'

describe('passwords', () => {
  test('are sprayed over many accounts from one address in vain, and everybody else signs in', async () => {
    await using storage = await memoryStorage()
    await using app = await startAccounts(storage, { env: { AUTH_SIGNUP: 'open' } })
    await app.setUp('ada@example.com')
    const people = ['ada@example.com', 'bob@example.com', 'carol@example.com']
    for (const email of people.slice(1)) await app.signUp(email)
    const from = (address: string, email: string, password: string) =>
      app.ask('/api/auth/sign-in/email', {
        body: { email, password },
        headers: { 'x-forwarded-for': address },
      })
    // The same password is tried at every account; some of them exist.
    const statuses = await Promise.all(
      Array.from({ length: 60 }, async (_, index) => {
        const email = people[index % 20] ?? `nobody${index}@example.com`
        const { status } = await from('203.0.113.1', email, 'Summer2026!')
        return status
      }),
    )
    expect(statuses.filter((status) => status === 401)).toHaveLength(50)
    expect(statuses.filter((status) => status === 429)).toHaveLength(10)
    // The right password is refused too: otherwise the refusal would reveal that the others are wrong.
    expect((await from('203.0.113.1', 'bob@example.com', PASSWORD)).status).toBe(429)
    for (const email of people) {
      expect((await from('198.51.100.7', email, PASSWORD)).status).toBe(200)
    }
  })

  test('are guessed at one account from many addresses in vain: who is signed in stays, and signs in again when the time is over', async () => {
    await using storage = await memoryStorage()
    let now = Date.parse('2026-03-29T12:00:00.000Z')
    await using app = await startAccounts(storage, { clock: () => now })
    const ada = await app.setUp('ada@example.com')
    const from = (address: string, password: string) =>
      app.ask('/api/auth/sign-in/email', {
        body: { email: 'ada@example.com', password },
        headers: { 'x-forwarded-for': address },
      })
    const statuses = await Promise.all(
      Array.from({ length: 30 }, async (_, index) => {
        const { status } = await from(`203.0.113.${index}`, `guess number ${index}`)
        return status
      }),
    )
    expect(statuses.filter((status) => status === 401)).toHaveLength(10)
    expect(statuses.filter((status) => status === 429)).toHaveLength(20)
    const waits = await from('198.51.100.7', PASSWORD)
    expect(waits.status).toBe(429)
    expect((await app.ask('/api/me', { token: ada.token })).status).toBe(200)
    now += (Number(waits.headers.get('retry-after')) + 1) * 1_000
    expect((await from('198.51.100.7', PASSWORD)).status).toBe(200)
  })

  test('cost the same work and get the same words, whether there is such an account, or it has none', async () => {
    await using storage = await memoryStorage()
    await using app = await startAccounts(storage, { env: { AUTH_GUESTS: 'true' } })
    await app.setUp('ada@example.com')
    await app.beGuest()
    const guests = await app.services.database.db
      .selectFrom('auth_users')
      .select('email')
      .where('is_anonymous', '=', true)
      .executeTakeFirstOrThrow()
    const hashed = countHashes()
    try {
      const answers: object[] = []
      for (const email of ['ada@example.com', 'nobody@example.com', guests.email]) {
        const before = hashed.count
        const body = { email, password: 'not the password' }
        const answer = await app.ask('/api/auth/sign-in/email', { body })
        answers.push({ status: answer.status, body: answer.body, work: hashed.count - before })
      }
      expect(answers).toEqual(Array(3).fill({ ...answers[0], status: 401, work: 1 }))
      // Links are limited as well, of which one is real, and attempts to make accounts.
      const { body: made } = await app.ask('/api/admin/invites', {
        token: (await app.signIn('ada@example.com')).token,
        body: { role: 'member' },
      })
      const token = new URL((made as { link: string }).link).searchParams.get('token')
      const links: object[] = []
      for (const [given, email] of [
        [token, 'ada@example.com'],
        ['made up', 'bob@example.com'],
      ]) {
        const before = hashed.count
        const body = { token: given, name: 'x', email, password: PASSWORD }
        const answer = await app.ask('/api/auth/invite', { body })
        links.push({ status: answer.status, body: answer.body, work: hashed.count - before })
      }
      expect(links).toEqual(Array(2).fill({ ...links[0], status: 400, work: 1 }))
    } finally {
      hashed.end()
    }
  })
})

/** Counts the password hashes from now on. */
function countHashes() {
  const { scrypt } = crypto
  const hashed = {
    count: 0,
    end(): void {
      crypto.scrypt = scrypt
      syncBuiltinESMExports()
    },
  }
  crypto.scrypt = ((...args: Parameters<typeof scrypt>) => {
    hashed.count += 1
    scrypt(...args)
  }) as typeof scrypt
  syncBuiltinESMExports()
  return hashed
}
