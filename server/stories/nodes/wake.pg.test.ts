import pg from 'pg'
import { describe, expect, test } from 'vitest'
import { startWakeServer, wakeServer } from '../../../scripts/testing/wake-servers.ts'
import { startTwoApps } from '../../testing/two-apps.ts'
import { textOf, watch } from '../../testing/clients/watch.ts'

const programs = (['Redis', 'NATS'] as const).map((kind) => ({ kind, found: wakeServer(kind) }))

describe.each(programs)('the word between nodes by a real $kind server', ({ kind, found }) => {
  if ('missing' in found) console.log(`WAKE_URL with ${kind} is not tested: ${found.missing}.`)
  const path = 'path' in found ? found.path : ''

  async function open() {
    await using opened = new AsyncDisposableStack()
    const server = opened.use(await startWakeServer(kind, path))
    const nodes = opened.use(await startTwoApps({ env: { WAKE_URL: server.url } }))
    const { first, second } = nodes
    const isUp = (up: boolean) =>
      expect.poll(() => [first, second].map(({ services }) => services.wake?.up)).toEqual([up, up])
    await isUp(true)
    const { id } = await first.caller.sessions.create({})
    const there = opened.use(watch(second.caller, id))
    await there.untilEvent('snapshot')
    await first.caller.messages.send({ sessionId: id, text: 'Hello' })
    const call = await first.model.nextCall()
    const text = () => textOf(there.state, there.state?.messages.at(-1)?.id ?? '')
    let said = ''
    const resources = opened.move()
    return {
      ...{ server, nodes, there, call, isUp, text, id },
      /** Says words one by one, and waits until the other node's reader has each of them. */
      async say(...words: string[]) {
        for (const word of words) {
          said += word
          call.say(word)
          await there.until(() => text() === said)
        }
      },
      [Symbol.asyncDispose]: () => resources.disposeAsync(),
    }
  }

  test.skipIf(path === '')(
    'shows readers what another node writes, and Postgres commits no notification (P1, P2)',
    async () => {
      await using talk = await open()
      const heard: string[] = []
      const client = new pg.Client({ connectionString: talk.nodes.env.DATABASE_URL })
      await client.connect()
      client.on('notification', ({ payload = '' }) => heard.push(payload))
      await client.query('listen throughline')
      await talk.say('one ', 'two ', 'three')
      const { second } = talk.nodes
      const aborted = new Promise((resolve) => talk.call.signal.addEventListener('abort', resolve))
      await second.caller.runs.stop({ sessionId: talk.id })
      await aborted
      await talk.there.untilEvent('end')
      await client.query('select 1')
      expect(heard).toEqual([])
      await client.end()
    },
  )

  test.skipIf(path === '').each(['killed', 'frozen'] as const)(
    'goes by Postgres when the server is %s in the middle of an answer, and comes back: nothing is lost (P2, P3)',
    async (how) => {
      await using talk = await open()
      const { server, there, call } = talk
      await talk.say('one ', 'two ')
      if (how === 'killed') await server.kill()
      else server.freeze()
      await talk.say('three ', 'four ')
      await talk.isUp(false)
      await talk.say('five ', 'six ')
      if (how === 'killed') await server.resume()
      else server.thaw()
      await talk.isUp(true)
      await talk.say('seven ', 'eight')
      call.finish()
      await there.untilEvent('end')
      const seqs = there.events.map(({ seq }) => seq)
      expect(seqs).toEqual([...new Set(seqs)].toSorted((a, b) => a - b))
    },
  )

  test.skipIf(path === '')(
    'starts without the server, says so, and uses it once it is there',
    async () => {
      await using server = await startWakeServer(kind, path)
      await server.kill()
      await using nodes = await startTwoApps({ env: { WAKE_URL: server.url } })
      const address = await nodes.first.listen()
      const ready = async () => (await fetch(`${address}/readyz`)).json()
      expect(await ready()).toMatchObject({
        status: 'ok',
        reasons: [expect.stringContaining('WAKE_URL')],
      })
      const metrics = async () => (await fetch(`${address}/metrics`)).text()
      expect(await metrics()).toContain('throughline_wake_up 0')
      await server.resume()
      await expect.poll(ready).toEqual({ status: 'ok' })
      expect(await metrics()).toContain('throughline_wake_up 1')
    },
  )
})
