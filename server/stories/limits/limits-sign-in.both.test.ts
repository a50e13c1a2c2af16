import { describe, expect, test } from 'vitest'
import { takeFromWindow } from '../../../db/queries/limits/rate-windows.ts'
import { startTestApp } from '../../testing/app.ts'
import { askRaw } from '../../testing/clients/ask-raw.ts'
import { ACCOUNTS, countAllowed } from '../../testing/clients/callers.ts'
import { onEachStorage } from '../../testing/each-storage.ts'
import { startAccounts } from '../../testing/clients/people.ts'

/** Limits of signing in, by account and by address (P15), on either database. */
onEachStorage((database, openStorage) => {
  describe(`limits of signing in, on ${database}`, () => {
    test('guessing passwords and becoming guests without end is refused over HTTP, alike for all accounts', async () => {
      await using storage = await openStorage()
      await using app = await startAccounts(storage, { env: { AUTH_GUESTS: 'true' } })
      await app.setUp('ada@example.com')
      const guess = async (email: string) =>
        app.ask('/api/auth/sign-in/email', { body: { email, password: 'wrong password' } })
      const known: number[] = []
      const unknown: number[] = []
      for (let attempt = 0; attempt < 11; attempt += 1) {
        known.push((await guess('ada@example.com')).status)
        unknown.push((await guess('nobody@example.com')).status)
      }
      expect(known).toEqual([...Array(10).fill(401), 429])
      expect(unknown).toEqual(known)
      const refused = await guess('ada@example.com')
      expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0)
      expect(refused.body).toMatchObject({ code: 'TOO_MANY_REQUESTS' })
      const statuses: number[] = []
      for (let guest = 0; guest < 21; guest += 1) {
        statuses.push((await app.ask('/api/auth/sign-in/anonymous', { body: {} })).status)
      }
      expect(statuses).toEqual([...Array(20).fill(200), 429])

      // Another spelling of a limited path is either another address or has the same limit.
      const post = async (path: string) => {
        const body = JSON.stringify({ email: 'ada@example.com', password: 'wrong password' })
        return (await askRaw(app.url, path, { method: 'POST', body })).status
      }
      for (const path of ['/api/auth/x/../sign-in/email', '/api/auth/sign-in/%2e/anonymous']) {
        expect(await post(path), path).toBe(400)
      }
      for (const path of ['/api/auth/sign-in/email/', '/%61pi/auth/sign%2Din/%65mail']) {
        expect(await post(path), path).toBe(429)
      }
    })

    test('failed sign-ins are counted by account and by address, also when they come at once', async () => {
      await using storage = await openStorage()
      await using app = await startTestApp({ env: { ...storage.env, ...ACCOUNTS } })
      const { limits } = app.services
      if (!limits) throw new Error('a server with accounts has limits')
      const attempt = (account: string, address: string) => limits.beginSignIn({ account, address })
      const guesses = Array.from({ length: 30 }, (_, index) =>
        attempt('Ann@example.com', `203.0.113.${index}`),
      )
      expect(await countAllowed(guesses)).toBe(10)
      expect(await countAllowed([attempt('ann@example.com ', '198.51.100.1')])).toBe(0)
      const spray = Array.from({ length: 80 }, (_, index) =>
        attempt(`user${index}@example.com`, '198.51.100.2'),
      )
      expect(await countAllowed(spray)).toBe(50)
      await limits.signedIn({ account: 'ann@example.com', address: '198.51.100.1' })
      expect(await countAllowed([attempt('ann@example.com', '198.51.100.1')])).toBe(1)

      // Of an address that many people share, only the failures count.
      const shared = (count: number) =>
        Array.from({ length: count }, () => attempt(crypto.randomUUID(), '198.51.100.3'))
      expect(await countAllowed(shared(49))).toBe(49)
      await limits.signedIn({ account: 'bob@example.com', address: '198.51.100.3' })
      expect(await countAllowed(shared(3))).toBe(2)
      const signUps = Array.from({ length: 60 }, (_, index) =>
        limits.admitSignUp(`2001:db8::${index}`),
      )
      expect(await countAllowed(signUps)).toBe(50)
    })

    test('a minute that began by a clock that was ahead is over', async () => {
      await using storage = await openStorage()
      await using app = await startTestApp({ env: { ...storage.env, ...ACCOUNTS } })
      const { db } = app.services.database
      const take = async (now: string) =>
        (await takeFromWindow(db, { key: 'one', wanted: 1, limit: 1, seconds: 60, now })).granted
      expect(await take('2030-01-01T00:10:00Z')).toBe(1)
      expect(await take('2030-01-01T00:09:30Z')).toBe(0)
      expect(await take('2030-01-01T00:00:00Z')).toBe(1)
    })
  })
})
