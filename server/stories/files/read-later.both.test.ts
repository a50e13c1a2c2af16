import { describe, expect, test } from 'vitest'
import type { File } from '../../../shared/contract/file.ts'
import { startConversation } from '../../testing/conversation.ts'
import { onEachStorage } from '../../testing/each-storage.ts'
import { docx, pdf } from '../../testing/made-files.ts'
import { postFile } from '../../testing/clients/post-file.ts'
import { startS3 } from '../../testing/services/s3-server.ts'
import { watch } from '../../testing/clients/watch.ts'

const bytes = (content: Buffer) => new Uint8Array(content)
const TIDE = pdf('High tide at noon', 'Low tide at six')

onEachStorage((database, openStorage) => {
  describe(`on ${database}, the text of a file`, () => {
    /** A conversation on a server whose file store lets reads wait until it is released. */
    const start = async () => {
      await using opened = new AsyncDisposableStack()
      const s3 = opened.use(await startS3())
      s3.hold()
      const talk = opened.use(await startConversation(openStorage, { env: s3.env }))
      const url = await talk.app.listen()
      const resources = opened.move()
      return { ...talk, s3, url, [Symbol.asyncDispose]: () => resources.disposeAsync() }
    }
    const filesIn = (message: { parts: readonly object[] } | undefined) =>
      message?.parts.flatMap((part) => ('file' in part ? [part.file as File] : [])) ?? []

    test('is read after the upload is answered, and whoever watches the file or its message is told', async () => {
      await using talk = await start()
      const { app, live, sessionId, s3, url } = talk
      const { body: file } = await postFile(url, bytes(TIDE), { name: 'tide.pdf' })
      expect(file).toMatchObject({ kind: 'pdf', status: 'processing', bytes: TIDE.length })
      expect(file.pages).toBeUndefined()
      const events: AsyncIterable<File> = await app.caller.files.watch({ id: file.id })
      const seen: File[] = []
      const watched = (async () => {
        for await (const one of events) seen.push(one)
      })()
      await expect.poll(() => seen.length).toBe(1)
      await app.caller.messages.send({ sessionId, text: 'When?', files: [file.id] })
      // The answer waits for the file to be read.
      await live.untilEvent('start')
      expect(filesIn(live.state?.messages[0])).toEqual([file])
      s3.release()
      const call = await app.model.nextCall()
      expect(JSON.stringify(call.step.messages.at(-1))).toContain('[page 2]\\nLow tide at six')
      await watched
      const read = { ...file, status: 'ready', pages: 2 }
      expect(seen).toEqual([file, read])
      await live.until(({ state }) => filesIn(state?.messages[0])[0]?.status === 'ready')
      expect(filesIn(live.state?.messages[0])).toEqual([read])
      expect(await app.caller.files.get({ id: file.id })).toEqual(read)
      await using fresh = watch(app.caller, sessionId)
      await fresh.untilEvent('snapshot')
      expect(filesIn(fresh.state?.messages[0])).toEqual([read])
      call.finish()
      await live.untilEvent('end')
    })

    test('that is still being read when the answer is stopped keeps nobody waiting', async () => {
      await using talk = await start()
      const { app, live, sessionId, url } = talk
      const { body: file } = await postFile(url, bytes(TIDE), { name: 'tide.pdf' })
      await app.caller.messages.send({ sessionId, text: 'When?', files: [file.id] })
      await live.untilEvent('start')
      await app.caller.runs.stop({ sessionId })
      expect(await live.untilEvent('end')).toMatchObject({ outcome: 'stopped' })
    })

    test('reaches copies and shares that were made meanwhile, and says why where it cannot be read', async () => {
      await using talk = await start()
      const { app, live, sessionId, s3, url } = talk
      const broken = await postFile(url, bytes(docx('x').subarray(0, -30)), { name: 'cut.docx' })
      const whole = await postFile(url, bytes(TIDE), { name: 'tide.pdf' })
      expect([broken.body.status, whole.body.status]).toEqual(['processing', 'processing'])
      const ids = [broken.body.id, whole.body.id]
      const { messageId } = await app.caller.messages.send({ sessionId, text: 'x', files: ids })
      await live.untilEvent('start')
      await app.caller.runs.stop({ sessionId })
      await live.untilEvent('end')
      const fork = await app.caller.sessions.fork({ messageId })
      const { token } = await app.caller.shares.create({ sessionId })
      const statusesOf = async (id: string) => {
        const { messages } = await app.caller.messages.list({ sessionId: id })
        return filesIn(messages[0]).map(({ status }) => status)
      }
      expect(await statusesOf(fork.id)).toEqual(['processing', 'processing'])
      s3.release()
      await expect.poll(() => statusesOf(fork.id)).toEqual(['failed', 'ready'])
      await expect.poll(() => statusesOf(sessionId)).toEqual(['failed', 'ready'])
      const shared = await app.caller.shares.get({ token })
      expect(filesIn(shared.messages[0])).toMatchObject([
        { status: 'failed', error: 'The document is damaged.' },
        { status: 'ready', pages: 2 },
      ])
    })

    test('is read once the store is back', async () => {
      await using talk = await start()
      const { app, s3, url } = talk
      s3.leave()
      s3.release()
      const refused = await postFile(url, bytes(TIDE), { name: 'tide.pdf' })
      expect(refused).toMatchObject({ status: 503, body: { code: 'SERVICE_UNAVAILABLE' } })
      s3.comeBack()
      s3.hold()
      const { body: file } = await postFile(url, bytes(TIDE), { name: 'tide.pdf' })
      await expect.poll(s3.reads).toBe(1)
      s3.leave()
      s3.release()
      const { db } = app.services.database
      const due = () =>
        db.selectFrom('file_contents').select('reading_attempts').executeTakeFirstOrThrow()
      await expect.poll(due).toEqual({ reading_attempts: 1 })
      s3.comeBack()
      await expect
        .poll(() => app.caller.files.get({ id: file.id }), { timeout: 30_000 })
        .toMatchObject({ status: 'ready', pages: 2 })
    })
  })
})
