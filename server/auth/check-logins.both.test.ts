import { expect, test } from 'vitest'
import { migrate } from '../../db/engine/migrate.ts'
import { savePerson } from '../../db/queries/accounts.ts'
import { onEachDatabase } from '../../scripts/testing/postgres/each-database.ts'
import { UserId } from '../../shared/contract/ids.ts'
import { createLoginCheck } from './check-logins.ts'

onEachDatabase((name, openDatabase) => {
  test(`a connection by an outside token ends when the token has expired (P10, ${name})`, async () => {
    await using opened = new AsyncDisposableStack()
    const { db } = opened.adopt(await openDatabase(), (open) => open.close())
    await migrate(db)
    const userId = UserId.parse(crypto.randomUUID())
    await savePerson(db, { id: userId, name: 'Ann', email: null, role: 'member' })
    let now = Date.parse('2026-01-02T03:04:05Z')
    const check = createLoginCheck(db, () => new Date(now).toISOString())
    const token = { type: 'token' as const, userId, expiresAt: now + 1_000 }
    expect((await check([token])).holding.size).toBe(1)
    now += 1_000
    expect((await check([token])).holding.size).toBe(0)
  })
})
