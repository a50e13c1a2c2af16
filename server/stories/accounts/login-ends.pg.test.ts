import { expect, test } from 'vitest'
import { connections } from '../../testing/clients/open-connection.ts'
import { startAccounts } from '../../testing/clients/people.ts'
import { postgresStorage } from '../../testing/postgres-storage.ts'

test('a login that ends on one node has no connection left on another (P10)', async () => {
  await using storage = await postgresStorage()
  await using one = await startAccounts(storage)
  await using two = await startAccounts(storage)
  await Promise.all([one.untilOthers(), two.untilOthers()])
  const ada = await one.setUp()
  const other = await two.signIn(ada.email)
  const { body } = await two.ask('/api/session', { token: other.token, body: {} })
  const { id } = body as { id: string }
  const going = await Promise.all(
    Object.values(connections).map((open) => open(two.url, other.token, id)),
  )
  const staying = await Promise.all(
    Object.values(connections).map((open) => open(two.url, ada.token, id)),
  )
  await one.ask('/api/auth/sign-out', { cookie: other.cookie, body: {} })
  await expect
    .poll(() => going.map(({ ended }) => ended), { timeout: 5_000 })
    .toEqual([4401, 4401, 'cut'])
  expect(staying.map(({ ended }) => ended)).toEqual([null, null, null])
  staying.forEach((connection) => connection.close())
})
