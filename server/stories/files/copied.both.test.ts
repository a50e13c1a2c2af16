import { sql } from 'kysely'
import { expect, test } from 'vitest'
import { ExportFile } from '../../../shared/contract/export.ts'
import { SessionId } from '../../../shared/contract/ids.ts'
import { startConversation } from '../../testing/conversation.ts'
import { onEachStorage } from '../../testing/each-storage.ts'
import { postFile } from '../../testing/clients/post-file.ts'

onEachStorage((database, openStorage) => {
  test(`a copied session has its files or is not there, whatever fails, on ${database} (P16)`, async () => {
    await using talk = await startConversation(openStorage)
    const { app, sessionId, live } = talk
    const { caller, services, model } = app
    const url = await app.listen()
    const { body: file } = await postFile(url, 'Kept', { name: 'kept.txt' })
    model.plan('Read.')
    await caller.messages.send({ sessionId, text: 'Read it', files: [file.id] })
    await live.untilEvent('end')
    const messageId = (await caller.messages.list({ sessionId })).messages.at(-1)?.id ?? ''
    const { content } = await caller.sessions.export({ id: sessionId, format: 'json' })
    const fork = () => caller.sessions.fork({ messageId })
    const bring = () => caller.sessions.import({ data: content })
    const listed = async () => (await caller.sessions.list({})).items.map((session) => session.id)

    const { db } = services.database
    await sql`create function refuse() returns trigger language plpgsql
      as $$ begin raise exception 'no'; end $$`.execute(db)
    await sql`create trigger refuse before insert on message_files
      for each row execute function refuse()`.execute(db)
    await expect(fork()).rejects.toThrow()
    await expect(bring()).rejects.toThrow()
    expect(await listed()).toEqual([sessionId])

    await sql`drop trigger refuse on message_files`.execute(db)
    const { id } = await fork()
    const brought = (await bring()).sessions.map((session) => session.id)
    expect(await listed()).toEqual(expect.arrayContaining([sessionId, id, ...brought]))
    const linked = await db
      .selectFrom('message_files')
      .select(['session_id as of', 'file_id as file'])
      .execute()
    const wanted = [sessionId, id, ...brought].map((of) => ({ of, file: file.id }))
    expect(linked.toSorted((a, b) => a.of.localeCompare(b.of))).toEqual(
      wanted.toSorted((a, b) => a.of.localeCompare(b.of)),
    )
    await caller.sessions.delete({ id: sessionId })
    expect(await (await fetch(`${url}/api/files/${file.id}`)).text()).toBe('Kept')
  })

  test(`a copied session has the files of all its messages, however many, on ${database} (P16)`, async () => {
    await using talk = await startConversation(openStorage)
    const { app, sessionId, live } = talk
    const { caller, services, model } = app
    const { body: file } = await postFile(await app.listen(), 'Kept', { name: 'kept.txt' })
    model.plan('Read.')
    await caller.messages.send({ sessionId, text: 'Read it', files: [file.id] })
    await live.untilEvent('end')
    const { content } = await caller.sessions.export({ id: sessionId, format: 'json' })
    const exported = ExportFile.parse(JSON.parse(content))
    const count = 130
    const sessions = exported.sessions.map((session) => ({
      ...session,
      activeLeaf: String(count - 1),
      messages: Array.from({ length: count }, (_, index) => ({
        ...session.messages[0],
        id: String(index),
        parentId: index === 0 ? null : String(index - 1),
      })),
    }))
    const { id } = (
      await caller.sessions.import({ data: JSON.stringify({ ...exported, sessions }) })
    ).sessions[0] ?? { id: '' }
    const linkedTo = (of: string) =>
      services.database.db
        .selectFrom('message_files')
        .select('message_id')
        .where('session_id', '=', SessionId.parse(of))
        .execute()
    expect(await linkedTo(id)).toHaveLength(count)
    const { messages } = await caller.messages.list({ sessionId: id, limit: 1 })
    const fork = await caller.sessions.fork({ messageId: messages.at(-1)?.id ?? '' })
    expect(await linkedTo(fork.id)).toHaveLength(count)
  })
})
