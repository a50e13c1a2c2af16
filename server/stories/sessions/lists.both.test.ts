import { describe, expect, test } from 'vitest'
import { startTcpProxy } from '../../../e2e/support/faults/tcp-proxy.ts'
import { connect } from '../../../shared/client/index.ts'
import type { Client } from '../../../shared/client/index.ts'
import { startTestApp } from '../../testing/app.ts'
import { onEachStorage } from '../../testing/each-storage.ts'

/**
 * A list of sessions as a user interface keeps it: loaded whenever its subscription begins anew, and updated by its
 * changes.
 */
function keepList({ api }: Client) {
  let sessions = new Map<string, string | null>()
  let starts = 0
  let asking = 0
  let meanwhile: ((list: Map<string, string | null>) => void)[] = []
  const refetch = async () => {
    starts += 1
    asking += 1
    meanwhile = []
    try {
      const { items } = await api.sessions.list.query({ limit: 100 })
      sessions = new Map(items.map(({ id, title }) => [id, title]))
      meanwhile.forEach((change) => change(sessions))
    } finally {
      asking -= 1
    }
  }
  const subscription = api.sessions.changes.subscribe(undefined, {
    onStarted: () => void refetch().catch(() => undefined),
    onData: (change) => {
      const apply = (list: typeof sessions) => {
        if (change.type === 'session') list.set(change.session.id, change.session.title)
        else list.delete(change.id)
      }
      apply(sessions)
      meanwhile.push(apply)
    },
  })
  return {
    content: () => (asking > 0 ? null : [...sessions].toSorted(byId)),
    starts: () => starts,
    [Symbol.dispose]: () => subscription.unsubscribe(),
  }
}

onEachStorage((name, openStorage) => {
  describe(`the list of sessions, on ${name}`, () => {
    test('is exact after every reconnect, whatever was made, renamed or deleted meanwhile', async () => {
      await using storage = await openStorage()
      await using app = await startTestApp(storage)
      const port = Number(new URL(await app.listen()).port)
      await using proxy = await startTcpProxy(() => port)
      await using client = connect({ url: proxy.url })
      using list = keepList(client)
      await expect.poll(() => list.starts()).toBe(1)
      const { sessions } = app.caller
      const ids: string[] = []
      for (let round = 1; round <= 6; round += 1) {
        const before = list.starts()
        await proxy.cut()
        for (let step = 0; step < 8; step += 1) {
          // The next changes happen while the connection is restored, and after that.
          if (step === 2) {
            await proxy.mend()
          }
          ids.push((await sessions.create({ title: `${round}.${step}` })).id)
          await sessions.update({ id: ids.at(-step) ?? ids[0] ?? '', title: `renamed in ${round}` })
          if (step % 3 === 2) {
            await sessions.delete({ id: ids.shift() ?? '' })
          }
          if (step === 5) {
            await expect.poll(() => list.starts(), { timeout: 20_000 }).toBeGreaterThan(before)
          }
        }
        const { items } = await sessions.list({ limit: 100 })
        const expected = items.map(({ id, title }) => [id, title] as const).toSorted(byId)
        await expect.poll(() => list.content(), { timeout: 20_000 }).toEqual(expected)
      }
    })
  })
})

function byId([a]: readonly [string, unknown], [b]: readonly [string, unknown]): number {
  return a.localeCompare(b)
}
