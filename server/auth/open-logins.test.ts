import { expect, test } from 'vitest'
import { UserId } from '../../shared/contract/ids.ts'
import { keyOf, OpenLogins } from './open-logins.ts'
import type { Credential } from './open-logins.ts'
import type { Asker } from './port.ts'

const user = { id: UserId.parse('0191d6a0-0000-7000-8000-000000000001'), suspended: false }
const asker = { user, login: { kind: 'login', id: 'l', scope: 'write' } } as Asker

test('a login of which nobody can say whether it holds lasts for minutes, and its connection comes again (P10)', async () => {
  let now = 0
  const closed: number[] = []
  const failures: unknown[] = []
  const credential: Credential = { type: 'login', id: 'l' }
  let isUnknown = true
  const check = async () => ({
    holding: new Map(isUnknown ? [] : [[keyOf(credential), asker]]),
    unknown: new Map(isUnknown ? [[keyOf(credential), 'nobody knows']] : []),
  })
  const logins = new OpenLogins(
    check,
    (error) => failures.push(error),
    () => now,
  )
  const { signal } = new AbortController()
  logins.add(credential, asker, { signal, close: (code) => closed.push(code) })
  await logins.recheck()
  now = 299_000
  await logins.recheck()
  isUnknown = false
  await logins.recheck()
  isUnknown = true
  await logins.recheck()
  now = 598_000
  await logins.recheck()
  expect(closed).toEqual([])
  now = 599_000
  await logins.recheck()
  expect(closed).toEqual([1013])
  expect(failures).toHaveLength(5)
  logins.close()
})

test('a request of somebody who is suspended is refused before its connection is closed; one that was under way is closed at once (P10)', async () => {
  const credential: Credential = { type: 'login', id: 'l' }
  const suspended = { ...asker, user: { ...user, suspended: true } } as Asker
  const check = async () => ({
    holding: new Map([[keyOf(credential), suspended]]),
    unknown: new Map(),
  })
  const logins = new OpenLogins(check, () => undefined)
  const { signal } = new AbortController()
  const closed: string[] = []
  logins.add(credential, asker, { signal, close: (code) => closed.push(`under way ${code}`) })
  logins.add(credential, suspended, { signal, close: (code) => closed.push(`refused ${code}`) })
  await logins.recheck()
  expect(closed).toEqual(['under way 4403'])
  await logins.recheck()
  expect(closed).toContain('refused 4403')
  logins.close()
})
