import { expect, test } from 'vitest'
import { onEachStorage } from '../testing/each-storage.ts'
import { startAccounts } from '../testing/people.ts'

onEachStorage((name, openStorage) => {
  test(`the setup link makes one account, which owns what the local owner had (${name})`, async () => {
    await using storage = await openStorage()
    await using app = await startAccounts(storage)
    const { id } = await app.caller.sessions.create({ title: 'From before' })
    const link = await app.setupLink()
    expect(link).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/setup\?token=[\w-]{43}$/)

    const ada = await app.setUp()
    for (const by of [{ token: ada.token }, { cookie: ada.cookie }]) {
      const me = await app.ask('/api/me', by)
      expect(me).toMatchObject({
        status: 200,
        body: { name: 'Ada', email: 'ada@example.com', role: 'admin' },
      })
      expect((await app.ask(`/api/session/${id}`, by)).body).toMatchObject({ title: 'From before' })
    }
    expect((await app.ask('/api/me')).status).toBe(401)

    expect(await app.setupLink()).toBe(null)
    const token = new URL(link ?? '').searchParams.get('token')
    const again = { token, name: 'Eve', email: 'eve@example.com', password: 'eavesdropping' }
    expect((await app.ask('/api/auth/setup', { body: again })).status).toBe(400)
    expect((await app.signIn(ada.email)).token).not.toBe(ada.token)
  })
})
