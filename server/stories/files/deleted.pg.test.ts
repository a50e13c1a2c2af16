import { sql } from 'kysely'
import { expect, test } from 'vitest'
import { addFilesToMessage, deleteUnusedFile, lockFiles } from '../../../db/queries/files/files.ts'
import { startConversation } from '../../testing/conversation.ts'
import { postFile } from '../../testing/clients/post-file.ts'
import { postgresStorage } from '../../testing/postgres-storage.ts'

test('a file that is deleted while a message with it is being sent stays, and so does the message’s (P16)', async () => {
  await using talk = await startConversation(postgresStorage)
  const { app, sessionId } = talk
  const { db } = app.services.database
  const user = await app.caller.me()
  const { body: file } = await postFile(await app.listen(), 'wanted')
  const { messageId } = await app.caller.messages.send({ sessionId, text: 'First' })
  ;(await app.model.nextCall()).finish()
  const isLocked = Promise.withResolvers<void>()
  const mayCommit = Promise.withResolvers<void>()
  const sending = db.transaction().execute(async (transaction) => {
    await lockFiles(transaction, user.id, [file.id])
    isLocked.resolve()
    await mayCommit.promise
    await addFilesToMessage(transaction, { messageId, sessionId }, [file.id])
  })
  await isLocked.promise
  const deleting = db
    .transaction()
    .execute((transaction) => deleteUnusedFile(transaction, user.id, file.id))
  await expect
    .poll(async () => {
      const { rows } = await sql`
        select from pg_stat_activity where wait_event_type = 'Lock' and query ilike '%files%'
          and datname = current_database()`.execute(db)
      return rows.length
    })
    .toBeGreaterThan(0)
  mayCommit.resolve()
  await sending
  expect(await deleting).toBe(false)
  const { rows } = await sql`select from message_files where file_id = ${file.id}`.execute(db)
  expect(rows).toHaveLength(1)
})
