import { sql } from 'kysely'
import { expect, test } from 'vitest'
import { messagesOfFiles } from '../../db/queries/sessions/search-lookup.ts'
import { startConversation } from '../testing/conversation.ts'
import { onEachStorage } from '../testing/each-storage.ts'
import { postFile } from '../testing/post-file.ts'

onEachStorage((database, openStorage) => {
  test(`words in files are looked for in the person’s own alone, by search and the list, on ${database} (P15)`, async () => {
    await using talk = await startConversation(openStorage)
    const { app, sessionId, live } = talk
    const { caller, services, model } = app
    const { body: file } = await postFile(await app.listen(), 'A bathysphere', { name: 'a.txt' })
    model.plan('Read.')
    await caller.messages.send({ sessionId, text: 'Look', files: [file.id] })
    await live.untilEvent('end')
    expect(await caller.sessions.search({ query: 'bathysphere' })).toMatchObject([{ sessionId }])
    const { items } = await caller.sessions.list({ search: 'bathysphere' })
    expect(items).toMatchObject([{ id: sessionId }])

    const { id: userId } = await caller.me()
    const lookup = { kind: 'words', tsquery: "'bathysphere'", words: [] } as const
    const plan = await services.database.db.transaction().execute(async (transaction) => {
      await sql`set local enable_seqscan = off`.execute(transaction)
      const found = messagesOfFiles(userId, { ...lookup, words: [] })
      return (await sql`explain select id from ${found} as found`.execute(transaction)).rows
    })
    expect(JSON.stringify(plan)).toContain('file_contents_pkey')
    expect(JSON.stringify(plan)).not.toContain('file_contents_by_word')
  })
})
