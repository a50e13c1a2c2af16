import { describe, expect, test } from 'vitest'
import { startTestApp } from '../../testing/app.ts'
import type { Storage, TestApp } from '../../testing/app.ts'
import { openTab } from '../../testing/clients/tab.ts'
import { answerWriting, converse, until, untilClosed } from '../../testing/closing-session.ts'
import { onEachStorage } from '../../testing/each-storage.ts'

/** Long enough for a reader to come back within it. Seconds. */
const GRACE_SECONDS = 0.4

/** The summaries of closed sessions, on either database. */
onEachStorage((name, openStorage) => {
  const start = (storage: Storage, grace = GRACE_SECONDS) =>
    startTestApp({ env: { ...storage.env, SESSION_GRACE_SECONDS: String(grace) } })

  describe(`summaries on ${name}`, () => {
    test('a session with nothing new is not summarised again, and one without messages never is (P14)', async () => {
      await using storage = await openStorage()
      await using app = await start(storage)
      const { id: empty } = await app.caller.sessions.create({})
      await (await openTab(app, empty)).stop()
      expect(await untilClosed(app, empty)).toMatchObject({ summary: null })
      const id = await converse(app)
      await (await openTab(app, id)).stop()
      await answerWriting(app, 'Once.')
      await until(app, id, ({ summary }) => summary === 'Once.')
      await (await openTab(app, id)).stop()
      expect(await untilClosed(app, id)).toMatchObject({ summary: 'Once.' })
      expect(app.model.askedToWrite).toBe(2)
      const other = await converse(app)
      await (await openTab(app, other)).stop()
      await answerWriting(app, 'Of another.')
      await until(app, other, ({ summary }) => summary === 'Of another.')
      expect(app.model.askedToWrite).toBe(4)
    })

    test('a summary is tried again when the model is in trouble, and made by rule when it will not write one', async () => {
      await using storage = await openStorage()
      await using app = await start(storage, 0)
      const id = await converse(app)
      await (await openTab(app, id)).stop()
      await failWriting(app, true)
      await answerWriting(app, 'At last.')
      await until(app, id, ({ summary }) => summary === 'At last.')
      const other = await converse(app)
      await (await openTab(app, other)).stop()
      await failWriting(app, false)
      await until(
        app,
        other,
        ({ summary }) => summary === 'Asked: “What is a quay?” Answered: “A place for ships.”',
      )
    })

    test('without room in the day’s budget the model is asked for neither title nor summary: both are by rule', async () => {
      await using storage = await openStorage()
      const priced = {
        OPENAI_BASE_URL: 'https://api.openai.com/v1',
        LLM_MODEL: 'gpt-4o-mini',
        LLM_MAX_TOKENS: '1500',
      }
      const settings = { SESSION_GRACE_SECONDS: '0', BUDGET_USD_PER_DAY: '0.0012' }
      await using app = await startTestApp({ env: { ...storage.env, ...priced, ...settings } })
      const { id } = await app.caller.sessions.create({})
      const tab = await openTab(app, id)
      await app.caller.messages.send({ sessionId: id, text: 'What is a quay?' })
      const call = await app.model.nextCall()
      call.say('Dear.')
      call.push(
        { type: 'usage', usage: { inputTokens: 1_000, outputTokens: 1_000 } },
        { type: 'finish', finish: 'stop' },
      )
      await tab.untilEvent('end')
      await tab.stop()
      const rule = 'Asked: “What is a quay?” Answered: “Dear.”'
      await until(app, id, ({ summary, title }) => summary === rule && title === 'What is a quay?')
      expect(app.model.askedToWrite).toBe(0)
    })

    test('a session that is deleted while its summary is written is gone quietly', async () => {
      await using storage = await openStorage()
      await using app = await start(storage, 0)
      const id = await converse(app)
      await (await openTab(app, id)).stop()
      const writing = await app.model.nextWriting()
      await app.caller.sessions.delete({ id })
      writing.say('Of nothing.')
      writing.finish()
      const other = await converse(app)
      await (await openTab(app, other)).stop()
      await answerWriting(app, 'Of something.')
      await until(app, other, ({ summary }) => summary === 'Of something.')
      await expect(app.caller.sessions.get({ id })).rejects.toMatchObject({ code: 'NOT_FOUND' })
    })
  })
})

async function failWriting(app: TestApp, retryable: boolean): Promise<void> {
  const writing = await app.model.nextWriting()
  writing.push({ type: 'error', error: { code: 'provider_error', message: 'No.', retryable } })
}
