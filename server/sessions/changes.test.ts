import type { KyselyPlugin } from 'kysely'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Db } from '../../db/engine/database.ts'
import { startTestApp } from '../testing/app.ts'
import type { TestApp } from '../testing/app.ts'
import { LocalSessionChanges } from './changes.ts'

let app: TestApp
beforeAll(async () => {
  app = await startTestApp()
})
afterAll(() => app.close())

/** The open list of the app's owner, at another node that hears nothing by itself. */
async function openList(db: Db = app.services.database.db) {
  const errors: unknown[] = []
  const changes = new LocalSessionChanges(db, (error) => errors.push(error))
  const leave = new AbortController()
  const { id: userId } = await app.caller.me()
  const list = changes.follow(userId, leave.signal)
  const first = list.next()
  return { changes, list, first, errors, userId, [Symbol.dispose]: () => leave.abort() }
}

/** Functions that run before a query, and before its result is returned. */
function withHooks(hooks: { asked?: () => void; answered?: () => Promise<void> }): Db {
  const plugin: KyselyPlugin = {
    transformQuery: ({ node }) => {
      hooks.asked?.()
      return node
    },
    transformResult: async ({ result }) => {
      await hooks.answered?.()
      return result
    },
  }
  return app.services.database.db.withPlugin(plugin)
}

test('what others made, changed and deleted is found by looking around', async () => {
  const { sessions } = app.caller
  const { id } = await sessions.create({ title: 'Before' })
  using open = await openList()
  await open.changes.poll()
  expect((await open.first).value).toMatchObject({ type: 'session', session: { id } })

  await open.changes.poll()
  const second = open.list.next()
  await sessions.update({ id, title: 'After' })
  await open.changes.poll()
  expect((await second).value).toMatchObject({ session: { id, title: 'After' } })

  const third = open.list.next()
  const made = await sessions.create({})
  await open.changes.poll()
  expect((await third).value).toMatchObject({ type: 'session', session: { id: made.id } })

  await sessions.delete({ id })
  await open.changes.poll()
  expect((await open.list.next()).value).toEqual({ type: 'deleted', id })
})

test('a change that could not be read is read again', async () => {
  const { id } = await app.caller.sessions.create({ title: 'Read at last' })
  let failures = 1
  using open = await openList(
    withHooks({
      asked: () => {
        failures -= 1
        if (failures >= 0) throw new Error('away')
      },
    }),
  )
  open.changes.touch(id)
  expect((await open.first).value).toMatchObject({ session: { title: 'Read at last' } })
  expect(open.errors).toEqual([new Error('away')])
})

test('a session that is deleted while it is read stays deleted', async () => {
  const { id } = await app.caller.sessions.create({})
  const asked = Promise.withResolvers<void>()
  const answered = Promise.withResolvers<void>()
  using open = await openList(
    withHooks({ asked: () => asked.resolve(), answered: () => answered.promise }),
  )
  open.changes.touch(id)
  await asked.promise
  open.changes.deleted(open.userId, id)
  expect((await open.first).value).toEqual({ type: 'deleted', id })
  answered.resolve()
  const other = await app.caller.sessions.create({ title: 'Another' })
  open.changes.touch(other.id)
  expect((await open.list.next()).value).toMatchObject({ session: { title: 'Another' } })
})

test('a list that does not read holds few sessions whole: the others are read as they are taken (P12)', async () => {
  const { sessions } = app.caller
  const made: string[] = []
  for (let index = 0; index < 20; index += 1) {
    made.push((await sessions.create({ title: 'Held' })).id)
  }
  let answers = 0
  using open = await openList(withHooks({ answered: async () => void (answers += 1) }))
  await open.changes.poll()
  const all = (await sessions.list({ limit: 100 })).items.length
  // The look itself, and each session.
  await expect.poll(() => answers).toBe(1 + all)
  for (const id of made) {
    await sessions.update({ id, title: 'Read' })
  }
  const titles = new Map<string, string | null>()
  const take = async (next: typeof open.first) => {
    const { value } = await next
    if (value?.type === 'session') titles.set(value.session.id, value.session.title)
  }
  await take(open.first)
  while (titles.size < all) await take(open.list.next())
  const seen = made.map((id) => titles.get(id))
  expect(seen.filter((title) => title === 'Held').length).toBeLessThan(18)
  expect(seen.filter((title) => title === 'Read').length).toBeGreaterThan(2)
})
