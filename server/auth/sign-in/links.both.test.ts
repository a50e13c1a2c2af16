import { randomUUID } from 'node:crypto'
import { expect, test } from 'vitest'
import { savePerson } from '../../../db/queries/accounts.ts'
import { onEachDatabase } from '../../../scripts/testing/postgres/each-database.ts'
import { LOCAL_OWNER } from '../local-owner.ts'
import { openSetupLink } from './links.ts'

onEachDatabase((name, open) => {
  test(`a node that starts while somebody uses the setup link does not open it again for another one (${name})`, async () => {
    const database = await open()
    const owner = { id: LOCAL_OWNER, name: 'Owner', email: null, role: 'admin' as const }
    await savePerson(database.db, owner)
    let at = Date.parse('2026-01-02T03:04:05Z')
    const start = () =>
      openSetupLink(database.db, 'secret', {
        now: () => new Date(at).toISOString(),
        newId: () => randomUUID(),
      })
    const first = await start()
    expect(await first.claim(database.db)).toBe(true)
    const second = await start()
    expect(await second.claim(database.db)).toBe(false)
    // The person who used the link has no account, because the creation failed.
    at += 61_000
    const later = await start()
    expect(await later.claim(database.db)).toBe(true)
    await database.close()
  })
})
