import { expect, test } from 'vitest'
import { newId } from '../../contract/new-id.ts'
import { connect } from '../index.ts'
import { sharedOutboxStorage } from '../testing/outbox-storage.ts'
import { eventually } from '../testing/reader.ts'
import { ScriptedServer } from '../testing/server.ts'

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
