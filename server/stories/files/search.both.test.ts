import { sql } from 'kysely'
import { expect, test } from 'vitest'
import { messagesOfFiles } from '../../../db/queries/sessions/search-lookup.ts'
import { startConversation } from '../../testing/conversation.ts'
import { onEachStorage } from '../../testing/each-storage.ts'
import { postFile } from '../../testing/clients/post-file.ts'

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
    const { db } = services.database
    const explain = () =>
      db.transaction().execute(async (transaction) => {
        await sql`set local enable_seqscan = off`.execute(transaction)
        const found = messagesOfFiles(userId, { ...lookup, words: [] })
        const { rows } = await sql`
          explain (analyze, costs off, timing off, summary off) select id from ${found} as found`.execute(
          transaction,
        )
        return rows.map((row) => Object.values(row as object).join()).join('\n')
      })
    // Files without a match are not read.
    const plan = await explain()
    expect(plan).toMatch(/file_contents_by_word.*actual/)
    expect(plan).toMatch(/file_contents_pkey.*never executed/)
    // Neither are other people's files that match: beyond some of them only the person's own are read.
    await sql`
      insert into file_contents (sha256, key, bytes, kind, text, created_at)
      select 'other' || n, 'other' || n, 1, 'text', 'bathysphere', now() from generate_series(1, 1100) as n`.execute(
      db,
    )
    expect(await explain()).toMatch(/file_contents_pkey.*actual/)
    expect(await caller.sessions.search({ query: 'bathysphere' })).toMatchObject([{ sessionId }])
  })
})
