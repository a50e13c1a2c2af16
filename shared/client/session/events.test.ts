import { expect, test } from 'vitest'
import type { LoggedEvent } from '../../contract/events.ts'
import { newId } from '../../contract/new-id.ts'
import { fold } from '../../session/fold.ts'
import type { SessionState } from '../../session/fold.ts'
import { connect } from '../index.ts'
import { eventually, freshView } from '../testing/reader.ts'
import { ScriptedServer } from '../testing/server.ts'

test('the events of a loop fold to the fresh view, through drops, each seq once and rising (P1, P2)', async () => {
  await using server = await ScriptedServer.start()
  await using client = connect({ url: server.url })
  const seqs: number[] = []
  let state: SessionState<unknown> | null = null
  for await (const logged of client.session(server.session.id).events()) {
    seqs.push(logged.seq)
    state = fold<unknown>(state, logged)
    if (seqs.length > 12) break
    server.record((log) => {
      if (log.running) log.write('text', `word ${seqs.length} `, false)
      else log.start()
    })
    if (seqs.length % 4 === 0) server.drop()
  }
  expect(state).toEqual(freshView(server.session))
  expect(seqs).toEqual([...new Set(seqs)].toSorted((a, b) => a - b))
  await eventually(() => server.script.watching === 0)
})

test('a loop goes on right after its cursor', async () => {
  await using server = await ScriptedServer.start()
  await using client = connect({ url: server.url })
  server.record((log) => {
    log.say('One')
    log.rename('Two')
    log.rename('Three')
  })
  const seen: LoggedEvent<unknown>[] = []
  for await (const event of client.session(server.session.id).events({ after: 1 })) {
    seen.push(event)
    if (seen.length === 2) break
  }
  expect(seen).toEqual(server.session.log.slice(1))
})

test('a consumer that is slow gets the same text in fewer events', async () => {
  await using server = await ScriptedServer.start()
  await using client = connect({ url: server.url })
  server.record((log) => {
    log.say('Much')
    log.start()
  })
  const events = client.session(server.session.id).events()
  const first = await events.next()
  if (first.done) throw new Error('no event')
  const words = 600
  for (let n = 0; n < words; n += 1) {
    server.record((log) => log.write('text', `${n} `, false))
    // Each is sent in its own frame, because each wakes the watch.
    await Promise.resolve()
    if (n % 20 === 0) await client.api.me.query()
  }
  server.record((log) => log.end('completed'))
  let state: SessionState<unknown> = fold<unknown>(null, first.value)
  for await (const event of events) {
    state = fold(state, event)
    if (event.event.type === 'end') break
  }
  expect(state).toEqual(freshView(server.session))
})

test('a loop ends by its signal, and throws what the server refuses', async () => {
  await using server = await ScriptedServer.start()
  await using client = connect({ url: server.url })
  const leaving = new AbortController()
  let events = 0
  for await (const _ of client.session(server.session.id).events({ signal: leaving.signal })) {
    events += 1
    leaving.abort()
  }
  expect(events).toBe(1)
  await expect(client.session(newId()).events().next()).rejects.toThrow('None')
})
