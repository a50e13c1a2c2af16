import { sql } from 'kysely'
import { describe, expect, test } from 'vitest'
import { arrayOf, objectOf } from '../model/json.ts'
import {
  chatAnswer,
  chatChunk,
  sse,
  startScriptedProvider,
} from '../model/testing/scripted-provider.ts'
import type { ScriptedReply, ScriptedRequest } from '../model/testing/scripted-provider.ts'
import { startTestApp } from '../testing/app.ts'
import { onEachStorage } from '../testing/each-storage.ts'
import { textOf, watch } from '../testing/watch.ts'

const BEGINNING = 'The answer begins, and it '

onEachStorage((database, openStorage) => {
  /** @param later answers what is asked after the takeover, in this order */
  async function takenOver(...later: ScriptedReply[]) {
    await using opened = new AsyncDisposableStack()
    const replies = [{ body: [sse(chatChunk({ content: BEGINNING }))], ending: 'hold' as const }]
    const asked: ScriptedRequest[] = []
    const provider = opened.use(
      await startScriptedProvider(
        (request) => {
          if (!objectOf(request.body).tools) return { status: 500 }
          asked.push(request)
          return [...replies, ...later][asked.length - 1] ?? { status: 500 }
        },
        // An end that is the assistant's own is what is tried here.
        { isStrict: false },
      ),
    )
    const storage = opened.use(await openStorage())
    const app = opened.use(
      await startTestApp({
        model: undefined,
        env: { ...storage.env, OPENAI_BASE_URL: provider.baseUrl },
      }),
    )
    const { id: sessionId } = await app.caller.sessions.create({ title: 'Prefix' })
    const live = opened.use(watch(app.caller, sessionId))
    await live.untilEvent('snapshot')
    const text = () => textOf(live.state, live.state?.messages.at(-1)?.id ?? '')
    await app.caller.messages.send({ sessionId, text: 'Hello' })
    await live.until(() => text() === BEGINNING)
    await orphan()
    await live.untilEvent('end')
    const resources = opened.move()

    async function orphan() {
      await sql`update runs set owner = gen_random_uuid() where status = 'running'`.execute(
        app.services.database.db,
      )
    }

    return {
      ...{ app, asked, live, sessionId, text, orphan },
      starts: () =>
        live.events.flatMap(({ event }) =>
          event.type === 'start' ? [[event.attempt, event.keepParts]] : [],
        ),
      [Symbol.asyncDispose]: () => resources.disposeAsync(),
    }
  }

  const lastOf = (request: ScriptedRequest | undefined) =>
    arrayOf(objectOf(request?.body).messages).at(-1)
  const prefix = { role: 'assistant', content: BEGINNING.trimEnd() }

  describe(`a Chat server that goes on with a text, on ${database}`, () => {
    test('is given what was said before a takeover, and nothing is said twice (P6)', async () => {
      await using talk = await takenOver({ body: [chatAnswer(' goes', ' on.')] })
      expect(talk.asked[1]?.body).toMatchObject({
        continue_final_message: true,
        add_generation_prompt: false,
      })
      expect(lastOf(talk.asked[1])).toEqual(prefix)
      expect(talk.text()).toBe(`${BEGINNING}goes on.`)
      expect(talk.starts()).toEqual([
        [1, 0],
        [2, 1],
      ])
      const chunks = talk.live.events.flatMap(({ event }) =>
        event.type === 'chunk' ? [event] : [],
      )
      expect(chunks.map(({ text }) => text).join('')).toBe(talk.text())
    })

    test('that does not know how it is told is given the text alone, and that is remembered', async () => {
      const refusal = {
        status: 400,
        headers: { 'content-type': 'application/json' },
        body: [
          JSON.stringify({
            error: { message: "property 'continue_final_message' is unsupported" },
          }),
        ],
      }
      await using talk = await takenOver(refusal, { body: [chatAnswer('goes on.')] })
      expect(talk.asked[2]?.body).not.toHaveProperty('continue_final_message')
      expect(lastOf(talk.asked[2])).toEqual(prefix)
      expect(talk.text()).toBe(`${BEGINNING}goes on.`)
    })

    test('that wants the text marked gets it so', async () => {
      const refusal = {
        status: 400,
        headers: { 'content-type': 'application/json' },
        body: [
          JSON.stringify({
            message:
              'Expected last role User or Tool (or Assistant with prefix True) for serving but got assistant',
          }),
        ],
      }
      await using talk = await takenOver(refusal, { body: [chatAnswer('goes on.')] })
      expect(lastOf(talk.asked[2])).toEqual({ ...prefix, prefix: true })
      expect(talk.text()).toBe(`${BEGINNING}goes on.`)
    })

    test.each([
      [
        'says the whole again',
        { body: [chatAnswer('The answer begins', ', and it ', 'is told.')] },
      ],
      ['thinks anew', { body: [sse(chatChunk({ reasoning_content: 'Hm.' })), chatAnswer('No.')] }],
      [
        'refuses it',
        {
          status: 400,
          headers: { 'content-type': 'application/json' },
          body: [JSON.stringify({ error: { message: 'the last message must be of a user' } })],
        },
      ],
    ])('that %s is asked anew, and not tried again', async (_what, second) => {
      await using talk = await takenOver(
        second,
        { body: [chatAnswer('Another answer.')] },
        { body: [sse(chatChunk({ content: 'More' }))], ending: 'hold' },
        { body: [chatAnswer('More is said.')] },
      )
      expect(lastOf(talk.asked[2])).toEqual({ role: 'user', content: 'Hello' })
      expect(talk.text()).toBe('Another answer.')
      expect(talk.starts()).toEqual([
        [1, 0],
        [2, 1],
        [3, 0],
      ])
      await talk.app.caller.messages.send({ sessionId: talk.sessionId, text: 'And?' })
      await talk.live.until(() => talk.text() === 'More')
      await talk.orphan()
      await talk.live.until(() => talk.text() === 'More is said.')
      expect(talk.starts().slice(-2)).toEqual([
        [1, 0],
        [2, 0],
      ])
    })
  })
})
