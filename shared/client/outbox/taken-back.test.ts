import { TRPCClientError } from '@trpc/client'
import { expect, test } from 'vitest'
import { newId } from '../../contract/new-id.ts'
import { connect } from '../index.ts'
import { sharedOutboxStorage } from '../testing/outbox-storage.ts'
import { eventually } from '../testing/reader.ts'
import { ScriptedServer } from '../testing/server.ts'
import { deliver } from './deliver.ts'
import type { OutboxEntry } from './entry.ts'

test('an outbox does not send a message that was taken back while its file was uploaded', async () => {
  await using server = await ScriptedServer.start()
  const storage = sharedOutboxStorage()
  const begun = Promise.withResolvers<void>()
  const held = Promise.withResolvers<void>()
  const upload = async (): Promise<void> => {
    begun.resolve()
    await held.promise
  }
  await using client = connect({
    url: server.url,
    outbox: { storage: storage.user(), upload },
  })
  const { outbox } = client
  const body = new Blob(['bytes'])
  const { id } = outbox.send({
    ...{ sessionId: server.session.id, text: 'With a file' },
    files: [{ id: newId(), name: 'new.txt', mimeType: 'text/plain', body, isStored: false }],
  })
  await begun.promise
  expect(await outbox.takeBack(id)).toMatchObject({ text: 'With a file' })
  held.resolve()
  await eventually(() => storage.entries.size === 0)
  expect(server.script.sends).toEqual([])
})

test('a message that was taken back is tried again to take back after a refusal that passes (P18)', async () => {
  const shape = { code: -32029, message: 'Too many requests', data: { code: 'TOO_MANY_REQUESTS' } }
  const error = TRPCClientError.from({ error: shape })
  const api = { messages: { unqueue: { mutate: () => Promise.reject(error) } } }
  const entry = { id: newId(), state: 'withdrawn' } as unknown as OutboxEntry
  const deps = { api: api as never, upload: () => Promise.resolve() }
  const yes = () => Promise.resolve(true)
  const { signal } = new AbortController()
  const done = { stored: yes, made: yes }
  expect(await deliver(entry, 0, { ...deps, signal }, done)).toEqual({ type: 'failed' })
})
